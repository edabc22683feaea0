// The provider as a whole: what it was asked, what it made of it, and whom it tells. Outlives every replica.
#pragma once

#include "core/task.hpp"
#include "world.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace voicehook::simulation {

/// What the provider sends back.
struct served {
    int status{};
    std::string body;
    std::optional<std::string> retry_after{};
};

class provider_model {
public:
    /// Hands a callback to the service: the URL's last segment and the body. Tells later what was answered, or nothing.
    using answer_function = std::move_only_function<void(std::optional<int> status)>;
    using call_function = std::function<void(std::string segment, std::string body, answer_function answered)>;

    explicit provider_model(world& around) : world_{around} {}

    /// How callbacks reach the service.
    call_function call;

    /// A submission arrives.
    [[nodiscard]] served submit(task_id const& key, std::string const& body);
    /// A query arrives.
    [[nodiscard]] served query(provider_task_id const& id);
    /// What is being worked on ends soon: faults are over.
    void finish_everything();
    /// What the provider has under this key.
    [[nodiscard]] std::optional<provider_task_id> bound_to(task_id const& key) const;
    [[nodiscard]] std::uint64_t callbacks_acknowledged() const noexcept { return acknowledged_; }

private:
    struct job {
        provider_task_id id;
        task_id key;
        std::string body;
        std::string segment;
        core::terminal outcome{};
        bool done{};
        int progress{};
    };
    using shared_job = std::shared_ptr<job>;

    [[nodiscard]] std::optional<served> refuse(task_id const& key, std::string const& body);
    [[nodiscard]] served show(job const& item);
    [[nodiscard]] shared_job create(task_id const& key, std::string const& body, std::string segment);
    void finish(shared_job const& item);
    void tell(shared_job const& item, core::terminal what, duration when);
    void attempt(shared_job const& item, std::string body, std::size_t number);
    void pester(shared_job const& item);

    world& world_;
    std::unordered_map<task_id, shared_job> by_key_;
    std::unordered_map<provider_task_id, shared_job> by_id_;
    std::uint64_t acknowledged_{};
};

}  // namespace voicehook::simulation
