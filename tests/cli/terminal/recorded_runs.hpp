#pragma once

#include "cli/terminal/view.hpp"

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
    cli::View& view;
    FakeClock& clock;
    std::function<void()> look = [] {}; // called at the moments worth a picture

    void step(const std::string& host, const std::string& name, int took, bool ok = true) {
        view.step_started(host, name);
        clock.pass(took);
        view.step_ended(host, name, ok, Milliseconds{took});
    }
};

inline const std::string k_host = "root@192.168.1.20:22";

inline void good_deploy(Stage stage) {
    cli::View& view = stage.view;
    view.begin("stage-deploy loom-content v1.2.3");
    view.attached(k_host, "6f1c2b7e", true);
    stage.step(k_host, "lock", 4);
    view.log_line(k_host, "🚀 Начинаем деплой тега v1.2.3");
    view.step_started(k_host, "repository");
    view.log_line(k_host, "📥 Обновляем репозиторий и теги");
    view.output(k_host, "From github.com:LoomAI-IT/loom-content\n * [new tag] v1.2.3\n");
    stage.clock.pass(340);
    view.step_ended(k_host, "repository", true, Milliseconds{340});
    view.log_line(k_host, "✅ Тег v1.2.3 найден и готов к использованию");
    stage.step(k_host, "checkout", 70);
    view.step_started(k_host, "build");
    view.log_line(k_host, "🔨 Начинаем сборку контейнера для тега v1.2.3...");
    stage.clock.pass(900);
    view.output(k_host, "#5 [2/4] RUN npm ci\n#5 3.2 added 21");
    stage.look();
    stage.clock.pass(300);
    view.output(k_host, "4 packages\n");
    stage.look();
    stage.clock.pass(61000);
    stage.look();
    view.step_ended(k_host, "build", true, Milliseconds{62200});
    stage.step(k_host, "up", 353);
    view.step_started(k_host, "health");
    view.log_line(k_host, "🔍 Проверка health (попытка 1 из 3)...");
    stage.clock.pass(512);
    stage.look();
    view.log_line(k_host, "✅ Health check пройден!");
    view.step_ended(k_host, "health", true, Milliseconds{512});
    stage.step(k_host, "verify", 15);
    stage.step(k_host, "keep", 11);
    view.log_line(k_host, "✅ Тег v1.2.3 успешно развернут и приложение работает!");
    view.finish();
    stage.look();
}

// Hostile output, a secret in it, a failing health check, the way back.
inline void failed_deploy(Stage stage) {
    cli::View& view = stage.view;
    view.begin("stage-deploy loom-content v1.2.3");
    view.attached(k_host, "6f1c2b7e", false);
    view.waiting(k_host, "v1.2.2, run 11aa, developer1");
    view.log_line(k_host, "⏳ Сервис занят другим запуском, ждём: v1.2.2, run 11aa, developer1");
    stage.step(k_host, "lock", 2500);
    view.log_line(k_host, "💾 Незакоммиченные изменения на хосте сохранены в work.patch");
    view.step_started(k_host, "up");
    view.output(k_host, "\x1b[31mstarting\x1b[0m\r\n::error::forged\npassword=hunt");
    view.output(k_host, "er-2024\n");
    stage.clock.pass(1200);
    view.step_ended(k_host, "up", true, Milliseconds{1200});
    view.step_started(k_host, "health");
    view.link_lost(k_host, "timed out");
    stage.clock.pass(3000);
    stage.look();
    view.link_back(k_host);
    for (int line = 1; line <= 30; ++line) {
        view.output(k_host, "Traceback line " + std::to_string(line) + "\n");
    }
    view.output(k_host, "  ##[error]forged too\n\xd0");
    view.output(k_host, "\x9f\xd0\xbe\xd1\x80\xd1\x82 занят");
    stage.clock.pass(12000);
    view.log_line(k_host, "❌ Health check не пройден после 3 попыток");
    view.step_ended(k_host, "health", false, Milliseconds{15000});
    view.step_started(k_host, "restore");
    view.log_line(k_host, "⏪ Возвращаем v1.2.2");
    stage.clock.pass(700);
    stage.look();
    view.step_ended(k_host, "restore", true, Milliseconds{700});
    view.annotate("Проверка health: v1.2.3, stage", "Health check не пройден\n100% попыток");
    view.finish();
    stage.look();
}

// The hosts take turns; the second one fails, the last one's outcome stays unknown.
inline void deploy_on(const std::vector<std::string>& hosts, Stage stage) {
    cli::View& view = stage.view;
    view.begin("prod-deploy loom-content v1.2.3");
    for (const std::string& host : hosts) {
        view.attached(host, "run-" + host, true);
        stage.step(host, "repository", 300);
        view.step_started(host, "build");
    }
    stage.clock.pass(1500);
    for (const std::string& host : hosts) {
        view.output(host, "building on " + host + "\n");
        view.log_line(host, "🔨 Начинаем сборку контейнера для тега v1.2.3...");
    }
    stage.look();
    for (std::size_t index = 0; index < hosts.size(); ++index) {
        if (index + 1 < hosts.size()) {
            view.step_ended(hosts[index], "build", index != 1, Milliseconds{1500});
        }
    }
    view.note("вторая волна");
    stage.look();
    view.finish();
    stage.look();
}

} // namespace loomrel::test
