#include "cli/commands/notify.hpp"

#include "cli/context/notices.hpp"
#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/notice_text.hpp"
#include "lib/bot/settings.hpp"
#include "lib/telegram/text.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr std::size_t k_longest_notice = std::size_t{1} << 20;

std::string text_to_send(Services& services, const std::string& typed) {
    std::string text = typed == "-" ? services.io().read_all(k_longest_notice) : typed;
    text = services.redactor().redact(sanitize(text));
    if (trim(text).empty()) {
        throw Error(ErrorKind::usage, "empty_message", phrase(Id::cli_notify_empty));
    }
    return text;
}

store::NewNotice make_notice(const std::string& text, const NotifyOptions& options) {
    store::NewNotice notice;
    notice.key = "text:" + random_uuid();
    notice.kind = "text";
    notice.fact =
        nlohmann::json{{"text", text}, {"environment", options.environment.value_or("")}}.dump(
            -1, ' ', false, nlohmann::json::error_handler_t::replace);
    return notice;
}

ExitCode show_plan(Services& services, const store::NewNotice& made) {
    store::Notice notice;
    notice.kind = made.kind;
    notice.fact = made.fact;
    const auto rendered = bot::render(notice, {services.config(), nullptr, {}});
    const auto place = bot::place_of(services.config(), rendered->environment);
    const std::string text = telegram::plain_of(rendered->text.html);
    if (services.json()) {
        services.out_json(
            {{"dry_run", true}, {"chat_id", place ? place->chat_id : 0}, {"text", text}});
    } else {
        services.out(text + "\n");
    }
    return ExitCode::ok;
}

// With a server's API as the ledger these are the server's to know.
void check_can_send(const config::Config& config, const std::optional<std::string>& environment) {
    if (config.telegram.token.empty()) {
        throw Error(ErrorKind::config,
                    "no_bot_token",
                    phrase(Id::cli_no_bot_token),
                    phrase(Id::cli_no_bot_token_hint));
    }
    if (!bot::place_of(config, environment.value_or(""))) {
        throw Error(
            ErrorKind::config, "no_chat", phrase(Id::cli_no_chat), phrase(Id::cli_no_chat_hint));
    }
}

} // namespace

ExitCode run_notify(Services& services, const NotifyOptions& options) {
    const store::NewNotice notice = make_notice(text_to_send(services, options.text), options);
    if (options.dry_run) {
        return show_plan(services, notice);
    }
    store::Store& store = services.store(Services::Purpose::releases);
    auto* ledger = dynamic_cast<store::ServerLedger*>(&store);
    if (ledger != nullptr) {
        check_can_send(services.config(), options.environment);
    }
    store.add_notice(notice);
    deliver_notices(services);
    bool sent = false;
    if (ledger != nullptr) {
        const auto row = ledger->find_notice(notice.key);
        if (row && row->state == store::Notice::State::parked) {
            throw Error(ErrorKind::refused,
                        "message_refused",
                        phrase(Id::cli_notify_refused, fmt::arg("reason", row->error)),
                        phrase(Id::cli_notify_refused_hint));
        }
        sent = row && row->state == store::Notice::State::sent;
    }
    if (services.json()) {
        services.out_json({{"sent", sent}});
    } else {
        services.note(services.say(sent                ? Id::cli_notify_sent
                                   : ledger == nullptr ? Id::cli_notify_handed_on
                                                       : Id::cli_notify_kept));
    }
    return ExitCode::ok;
}

void register_notify(Command& parent) {
    auto options = std::make_shared<NotifyOptions>();
    parent.command("notify", Id::cli_notify_about)
        .argument("TEXT", Id::cli_help_notify_text, &options->text)
        .required()
        .option("--env", "E", Id::cli_help_notify_env, &options->environment)
        .choices({"dev", "stage", "prod"})
        .flag("--dry-run", Id::cli_help_dry_run, options->dry_run)
        .runs([options](Services& services) { return run_notify(services, *options); });
}

} // namespace loomrel::cli
