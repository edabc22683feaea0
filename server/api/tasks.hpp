// GET /v1/tasks, /v1/tasks/{id} and its event stream: a caller's own tasks.
#pragma once

#include "flows/task_watch.hpp"
#include "http/router.hpp"
#include "ports/store.hpp"

#include <expected>
#include <vector>

namespace voicehook::api {

/// One thread; the referenced parts must outlive it. A caller never sees another's task: 404.
class tasks {
public:
    tasks(ports::store& store, flows::task_watch& watch) : store_{store}, watch_{watch} {}

    [[nodiscard]] std::vector<http::route> routes();

private:
    [[nodiscard]] awaitable<http::response> get(http::request item);
    [[nodiscard]] awaitable<http::response> list(http::request item);
    [[nodiscard]] awaitable<http::response> stream(http::request item);
    [[nodiscard]] awaitable<std::expected<core::task, http::response>> find_own(http::request const& item);
    [[nodiscard]] static awaitable<void> send_changes(flows::task_watch& watch, ports::store& store, core::task item,
                                                      http::stream_writer& out);

    ports::store& store_;
    flows::task_watch& watch_;
};

}  // namespace voicehook::api
