// The provider's three routes: submit, query, credits.
#pragma once

#include "tests/simulator/event_log.hpp"
#include "tests/simulator/faults.hpp"
#include "tests/simulator/http_server.hpp"
#include "tests/simulator/options.hpp"
#include "tests/simulator/refusals.hpp"
#include "tests/simulator/task_book.hpp"
#include "tests/simulator/workshop.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simulator {

/// Answers as the provider does. Must outlive the listener.
class provider_routes final : public http_routes {
public:
    provider_routes(options const& chosen, dice chances, fault_book& faults, task_book& book, workshop& work,
                    event_log const& log)
        : chosen_{chosen}, chances_{chances}, faults_{faults}, book_{book}, work_{work}, log_{log} {}

    [[nodiscard]] awaitable<http_reply> answer(http_request request) override;
    [[nodiscard]] http_reply too_large() override;

private:
    /// A submission on its way through the checks.
    struct submission {
        http_request const& request;
        std::string request_id;
        std::uint64_t number;  ///< counts submit requests from 1
    };

    awaitable<http_reply> route(http_request const& request, std::string const& request_id);
    awaitable<http_reply> submit(submission asked);
    awaitable<http_reply> accept(submission asked, voice_request wanted);
    awaitable<http_reply> answer_accepted(submission asked, task_ptr item, http_reply reply);
    std::optional<http_reply> replay(submission const& asked, task_ptr const& original);
    http_reply query(std::string_view id, std::string_view request_id);
    [[nodiscard]] std::string next_request_id();
    [[nodiscard]] bool authorised(http_request const& request) const;
    [[nodiscard]] std::chrono::seconds estimate() const;

    options const& chosen_;
    dice chances_;
    fault_book& faults_;
    task_book& book_;
    workshop& work_;
    event_log const& log_;
    std::uint64_t requests_ = 0;
};

}  // namespace simulator
