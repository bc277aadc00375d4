#pragma once

#include "lib/terminal/view.hpp"

#include <functional>
#include <string>
#include <vector>

// Runs as a view is told of them.
namespace loomrel::test {

// The clock that the runs move on.
struct FakeClock {
    Deadline now{};

    void pass(int milliseconds) { now += Milliseconds{milliseconds}; }
};

struct Stage {
    terminal::View& view;
    FakeClock& clock;
    std::function<void()> look = [] {}; // called at the moments worth a picture

    void step(const std::string& host, const std::string& name, int took, bool ok = true) {
        view.on(host, deploy::StepStarted{{name}});
        clock.pass(took);
        view.on(host, deploy::StepEnded{name, ok, Milliseconds{took}});
    }
};

inline const std::string k_host = "root@192.168.1.20:22";

inline void good_deploy(Stage stage) {
    terminal::View& view = stage.view;
    view.begin("stage-deploy loom-content v1.2.3");
    view.on(k_host, deploy::RunAttached{"6f1c2b7e", true});
    stage.step(k_host, "lock", 4);
    view.on(k_host, deploy::LogLine{"🚀 Начинаем деплой тега v1.2.3"});
    view.on(k_host, deploy::StepStarted{{"repository"}});
    view.on(k_host, deploy::LogLine{"📥 Обновляем репозиторий и теги"});
    view.on(k_host,
            deploy::Output{"From github.com:LoomAI-IT/loom-content\n * [new tag] v1.2.3\n"});
    stage.clock.pass(340);
    view.on(k_host, deploy::StepEnded{"repository", true, Milliseconds{340}});
    view.on(k_host, deploy::LogLine{"✅ Тег v1.2.3 найден и готов к использованию"});
    stage.step(k_host, "checkout", 70);
    view.on(k_host, deploy::StepStarted{{"build"}});
    view.on(k_host, deploy::LogLine{"🔨 Начинаем сборку контейнера для тега v1.2.3..."});
    stage.clock.pass(900);
    view.on(k_host, deploy::Output{"#5 [2/4] RUN npm ci\n#5 3.2 added 21"});
    stage.look();
    stage.clock.pass(300);
    view.on(k_host, deploy::Output{"4 packages\n"});
    stage.look();
    stage.clock.pass(61000);
    stage.look();
    view.on(k_host, deploy::StepEnded{"build", true, Milliseconds{62200}});
    stage.step(k_host, "up", 353);
    view.on(k_host, deploy::StepStarted{{"health"}});
    view.on(k_host, deploy::LogLine{"🔍 Проверка health (попытка 1 из 3)..."});
    stage.clock.pass(512);
    stage.look();
    view.on(k_host, deploy::LogLine{"✅ Health check пройден!"});
    view.on(k_host, deploy::StepEnded{"health", true, Milliseconds{512}});
    stage.step(k_host, "verify", 15);
    stage.step(k_host, "keep", 11);
    view.on(k_host, deploy::LogLine{"✅ Тег v1.2.3 успешно развернут и приложение работает!"});
    view.finish();
    stage.look();
}

// Hostile output, a secret in it, a failing health check, the way back.
inline void failed_deploy(Stage stage) {
    terminal::View& view = stage.view;
    view.begin("stage-deploy loom-content v1.2.3");
    view.on(k_host, deploy::RunAttached{"6f1c2b7e", false});
    view.on(k_host, deploy::LockAwaited{"v1.2.2, run 11aa, developer1"});
    view.on(k_host,
            deploy::LogLine{"⏳ Сервис занят другим запуском, ждём: v1.2.2, run 11aa, developer1"});
    stage.step(k_host, "lock", 2500);
    view.on(k_host, deploy::LogLine{"💾 Незакоммиченные изменения на хосте сохранены в work.patch"});
    view.on(k_host, deploy::StepStarted{{"up"}});
    view.on(k_host, deploy::Output{"\x1b[31mstarting\x1b[0m\r\n::error::forged\npassword=hunt"});
    view.on(k_host, deploy::Output{"er-2024\n"});
    stage.clock.pass(1200);
    view.on(k_host, deploy::StepEnded{"up", true, Milliseconds{1200}});
    view.on(k_host, deploy::StepStarted{{"health"}});
    view.on(k_host, deploy::LinkLost{"timed out"});
    stage.clock.pass(3000);
    stage.look();
    view.on(k_host, deploy::LinkBack{});
    for (int line = 1; line <= 30; ++line) {
        view.on(k_host, deploy::Output{"Traceback line " + std::to_string(line) + "\n"});
    }
    view.on(k_host, deploy::Output{"  ##[error]forged too\n\xd0"});
    view.on(k_host, deploy::Output{"\x9f\xd0\xbe\xd1\x80\xd1\x82 занят"});
    stage.clock.pass(12000);
    view.on(k_host, deploy::LogLine{"❌ Health check не пройден после 3 попыток"});
    view.on(k_host, deploy::StepEnded{"health", false, Milliseconds{15000}});
    view.on(k_host, deploy::StepStarted{{"restore"}});
    view.on(k_host, deploy::LogLine{"⏪ Возвращаем v1.2.2"});
    stage.clock.pass(700);
    stage.look();
    view.on(k_host, deploy::StepEnded{"restore", true, Milliseconds{700}});
    view.annotate("Проверка health: v1.2.3, stage", "Health check не пройден\n100% попыток");
    view.finish();
    stage.look();
}

// The hosts take turns; the second one fails, the last one's outcome stays unknown.
inline void deploy_on(const std::vector<std::string>& hosts, Stage stage) {
    terminal::View& view = stage.view;
    view.begin("prod-deploy loom-content v1.2.3");
    for (const std::string& host : hosts) {
        view.on(host, deploy::RunAttached{"run-" + host, true});
        stage.step(host, "repository", 300);
        view.on(host, deploy::StepStarted{{"build"}});
    }
    stage.clock.pass(1500);
    for (const std::string& host : hosts) {
        view.on(host, deploy::Output{"building on " + host + "\n"});
        view.on(host, deploy::LogLine{"🔨 Начинаем сборку контейнера для тега v1.2.3..."});
    }
    stage.look();
    for (std::size_t index = 0; index < hosts.size(); ++index) {
        if (index + 1 < hosts.size()) {
            view.on(hosts[index], deploy::StepEnded{"build", index != 1, Milliseconds{1500}});
        }
    }
    view.note("вторая волна");
    stage.look();
    view.finish();
    stage.look();
}

} // namespace loomrel::test
