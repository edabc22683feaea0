#include "watched_store.hpp"

#include <vector>

namespace voicehook::simulation {

awaitable<void> check_conservation(ports::store& shared, ledger& book) {
    auto const counters = co_await shared.summary(instant{});
    if (!counters) co_return book.violated("conservation", task_id{}, counters.error().doing);
    for (auto const& sentence : ports::conservation_violations(*counters))
        book.violated("conservation", task_id{}, sentence);
}

awaitable<void> check_everything(ports::store& shared, ledger& book) {
    auto const audit = co_await shared.audit();
    if (!audit) co_return book.violated("conservation", task_id{}, audit.error().doing);
    for (auto const& sentence : audit->violations) book.violated("conservation", task_id{}, sentence);
    auto kept = std::vector<task_id>{};
    for (auto const& [id, known] : book.tasks())
        if (!known.retired) kept.push_back(id);
    for (auto const& id : kept) {
        auto const stored = co_await shared.read_history(id);
        if (stored)
            book.compare(*stored);
        else
            book.violated("nothing that was accepted is lost", id, stored.error().doing);
    }
    auto const replays = co_await shared.list_replays(book.replays().size() + 1);
    if (!replays) co_return book.violated("the store keeps what it committed", task_id{}, replays.error().doing);
    for (auto const& item : *replays) book.compare(item);
}

}  // namespace voicehook::simulation
