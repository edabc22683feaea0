// The stage of an episode: who is on it, and what happens to them.
#pragma once

#include "callers.hpp"
#include "episode.hpp"
#include "replica.hpp"
#include "substitutes.hpp"
#include "world.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace voicehook::simulation {

class stage {
public:
    stage(episode_plan plan, trace::mode how, telemetry::metrics& metrics, storage& kept, sabotage const& spoil);
    ~stage();

    void play();
    [[nodiscard]] episode_report report();

private:
    /// A place for one replica; it has one life after the other.
    struct place {
        std::unique_ptr<replica> now;
        std::vector<lease_owner> before;  ///< dead owners whose leases nobody gave back
    };

    [[nodiscard]] std::unique_ptr<ports::store> open_outside(sabotage const& spoil);
    void begin();
    void spawn(place& where);
    void kill(place& where, std::string_view why);
    void restart_gracefully(place& where);
    void give_back_leases(place& where);
    void plan_mischief();
    void mischief();
    void change_sinks(place& where);
    void begin_outage();
    void tend();
    void calm_down();
    [[nodiscard]] bool quiet() const;
    void play_until(std::function<bool()> const& over, instant limit);
    void complain_of_what_is_left();
    void check();
    [[nodiscard]] replica* any_replica();
    template <class T>
    T run(awaitable<T> work);

    world world_;
    substitutes substitutes_;
    asio::io_context io_{1};
    storage& kept_;
    std::unique_ptr<ports::store> store_;
    provider_model provider_;
    std::shared_ptr<wire::callback_tokens const> tokens_;
    surroundings parts_;
    std::vector<place> places_;
    callers callers_;
    duration clock_step_{};  ///< how far clocks have jumped: lives that begin later have it
    std::size_t replica_lives_{};
};

}  // namespace voicehook::simulation
