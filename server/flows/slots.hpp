// How much of one kind of work may be under way at once, and who is woken when there is room again.
#pragma once

#include "flows/due_bell.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace voicehook::flows {

/// A replica's part of a cap that belongs to the whole service: rounded up, so that there is always one, and together
/// they may have a little more than the whole.
[[nodiscard]] constexpr std::size_t share_of(std::size_t whole, std::size_t replicas) noexcept {
    if (replicas <= 1) return whole;
    return whole / replicas + (whole % replicas == 0 ? 0 : 1);
}

/// A bounded number of places. A place is taken before the first await of what it stands for and given back by its
/// destructor, whatever happens; when somebody found no room, the bell rings then. One thread only.
class slots {
    struct state {
        std::size_t most;
        due_bell& bell;
        std::size_t taken{};
        bool wanted{};
    };

public:
    /// One place, held for as long as this lives; empty when there was none.
    class slot {
    public:
        slot() = default;
        slot(slot&&) noexcept = default;
        slot& operator=(slot&&) = delete;
        ~slot() {
            if (!owner_) return;
            --owner_->taken;
            if (std::exchange(owner_->wanted, false)) owner_->bell.ring_now();
        }
        explicit operator bool() const noexcept { return owner_ != nullptr; }

    private:
        friend class slots;
        explicit slot(std::shared_ptr<state> owner) : owner_{std::move(owner)} { ++owner_->taken; }
        std::shared_ptr<state> owner_;
    };

    /// `bell` must outlive every slot.
    slots(std::size_t most, due_bell& bell) : state_{std::make_shared<state>(most, bell)} {}

    /// A place, or an empty slot and a ring of the bell as soon as there is one.
    [[nodiscard]] slot take() {
        if (state_->taken < state_->most) return slot{state_};
        state_->wanted = true;
        return {};
    }

    /// As many places as there are, at most `limit`; only with none at all the bell will ring.
    [[nodiscard]] std::vector<slot> take_up_to(std::size_t limit) {
        std::vector<slot> places;
        while (places.size() < limit && state_->taken < state_->most) places.push_back(take());
        if (places.empty()) state_->wanted = true;
        return places;
    }

    /// As many places as that from now on. Those taken stay, however many they are; new ones may wake who found no
    /// room.
    void limit(std::size_t most) {
        state_->most = most;
        if (state_->taken < most && std::exchange(state_->wanted, false)) state_->bell.ring_now();
    }

    [[nodiscard]] std::size_t taken() const noexcept { return state_->taken; }

private:
    std::shared_ptr<state> state_;
};

}  // namespace voicehook::flows
