#include "inline_store.hpp"

#include "store/lanes/store_on_lanes.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace voicehook::simulation {
namespace {

using store::lanes::job;
using store::lanes::lane;

/// A lane without a thread.
class inline_lane : public lane {
public:
    explicit inline_lane(engine& works) : works_{works} {}
    void close(std::move_only_function<void()> closed) override { closed(); }

protected:
    void commit_alone(std::unique_ptr<job>& work) {
        auto group = job_group{};
        group.push_back(std::move(work));
        works_.commit(group);
        work = std::move(group.front());
    }

    engine& works_;
};

// ---- from outside ----

class outside_writes final : public inline_lane {
public:
    using inline_lane::inline_lane;
    void offer(std::unique_ptr<job> work) override {
        commit_alone(work);
        complete(std::move(work));
    }
};

class outside_reads final : public inline_lane {
public:
    using inline_lane::inline_lane;
    void offer(std::unique_ptr<job> work) override {
        works_.read(*work);
        complete(std::move(work));
    }
};

// ---- in a life: whoever asked goes on at once, so that nothing comes between a commit and the book about it ----

class life_reads final : public inline_lane {
public:
    using inline_lane::inline_lane;
    void offer(std::unique_ptr<job> work) override {
        works_.read(*work);
        work->resume();
    }
};

bool may_be_grouped(job const& work) {
    auto needs = store::row_needs{};
    work.announce(needs);
    return !needs.tasks.empty() || !needs.deliveries.empty();
}

class life_writes final : public inline_lane {
public:
    life_writes(engine& works, life& process, scheduler& time, duration window)
        : inline_lane{works}, life_{process}, time_{time}, window_{window} {
        life_.on_end = [this] { waiting_->clear(); };
    }

    void offer(std::unique_ptr<job> work) override {
        if (window_ > duration::zero() && may_be_grouped(*work)) {
            if (waiting_->empty()) commit_after(window_);
            waiting_->push_back(std::move(work));
            return;
        }
        commit_alone(work);
        work->resume();
    }

private:
    void commit_after(duration span) {
        time_.after(span, [this, still = std::weak_ptr{waiting_}] {
            if (!still.expired()) commit_what_waits();
        });
    }
    void commit_what_waits() {
        if (waiting_->empty()) return;
        if (life_.paused()) return commit_after(1s);
        auto group = std::exchange(*waiting_, {});
        works_.commit(group);
        asio::post(life_.io(), [group = std::move(group)] {
            for (auto const& each : group) each->resume();
        });
        life_.run();
    }

    life& life_;
    scheduler& time_;
    duration window_;
    std::shared_ptr<job_group> waiting_{std::make_shared<job_group>()};
};

template <class Writes, class Reads>
class inline_store final : public store::lanes::store_on_lanes {
public:
    template <class... Args>
    explicit inline_store(std::shared_ptr<engine> works, asio::any_io_executor executor, Args&&... args)
        : store_on_lanes{std::move(executor), {writes_, reads_, reads_}},
          works_{std::move(works)},
          writes_{*works_, std::forward<Args>(args)...},
          reads_{*works_} {}

    std::string_view backup_advice() const noexcept override { return "A simulated store is not copied."; }

private:
    std::shared_ptr<engine> works_;
    Writes writes_;
    Reads reads_;
};

}  // namespace

std::unique_ptr<ports::store> make_inline_store(std::shared_ptr<engine> works, asio::any_io_executor executor) {
    return std::make_unique<inline_store<outside_writes, outside_reads>>(std::move(works), std::move(executor));
}

std::unique_ptr<ports::store> make_inline_store(std::shared_ptr<engine> works, life& process, scheduler& time,
                                                duration window) {
    return std::make_unique<inline_store<life_writes, life_reads>>(std::move(works), process.io().get_executor(),
                                                                   process, time, window);
}

}  // namespace voicehook::simulation
