// The control endpoint: what tests ask and tell the simulator at run time.
#pragma once

#include "tests/simulator/courier.hpp"
#include "tests/simulator/faults.hpp"
#include "tests/simulator/http_server.hpp"
#include "tests/simulator/task_book.hpp"

#include <string_view>

namespace simulator {

/// Answers under `/control/`. Must outlive the listener.
class control_routes final : public http_routes {
public:
    control_routes(fault_book& faults, task_book& book, courier& post) : faults_{faults}, book_{book}, post_{post} {}

    [[nodiscard]] awaitable<http_reply> answer(http_request request) override;
    [[nodiscard]] http_reply too_large() override;

private:
    [[nodiscard]] http_reply stats() const;
    [[nodiscard]] http_reply tasks(std::string_view query) const;
    http_reply change_faults(std::string_view body);
    http_reply change_credits(std::string_view body);
    awaitable<http_reply> call_back(std::string_view id, std::string_view body);

    fault_book& faults_;
    task_book& book_;
    courier& post_;
};

}  // namespace simulator
