#include "lib/operations/ledger.hpp"

namespace loomrel::operations {

store::Spool make_spool(const Context& context) {
    return {context.state_folder / "spool", store::shown_url(context.config.store.url)};
}

bool is_ledger_named(const Context& context) {
    return !store::shown_url(context.config.store.url).empty();
}

void set_sender(store::NewRelease& release, const Sender& sender) {
    release.sender = sender.who;
    release.resender = sender.again;
    release.event = sender.event;
    release.word = sender.word;
}

std::unique_ptr<store::Store>
ledger_if_it_answers(const Context& context,
                     Console& console,
                     Purpose purpose,
                     const std::function<void(store::Store&)>& first) {
    try {
        auto store = context.open_ledger(purpose, k_ledger_patience, /*must_exist=*/false);
        first(*store);
        return store;
    } catch (const Error& error) {
        // It answers, and this is what it says; any other refusal may be a gateway's.
        if (error.code() == "run_in_progress" || error.code() == "ledger_not_named") {
            throw;
        }
        console.note(context.redactor.redact(
            context.say(messages::Id::deploy_without_ledger,
                        fmt::arg("reason", in(context.language, error.message())))));
        return nullptr;
    }
}

} // namespace loomrel::operations
