// What this process last heard of the provider.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace voicehook::api {

/// A request that did not end with 2xx: refused, failed or without an answer.
struct provider_problem {
    instant at;
    std::string operation;  ///< submit, query, credits
    std::string status;     ///< as `provider_requests_total{status}` names it; none: no answer
};

/// Fed at the end of each request to the provider. One thread.
class provider_record {
public:
    void note(std::string_view operation, std::string_view status, instant now) {
        if (status != "none") last_answer_at_ = now;
        if (status != "2xx") last_problem_ = {now, std::string{operation}, std::string{status}};
    }

    [[nodiscard]] std::optional<instant> last_answer_at() const { return last_answer_at_; }
    [[nodiscard]] std::optional<provider_problem> const& last_problem() const { return last_problem_; }

private:
    std::optional<instant> last_answer_at_;
    std::optional<provider_problem> last_problem_;
};

}  // namespace voicehook::api
