// What tests of deliveries do again and again.
#pragma once

#include "store_contract.hpp"

#include <utility>

namespace voicehook::contract {

class DeliveryContract : public StoreContract {
protected:
    result<ports::claimed<core::delivery>> claim(sink_name const& sink, ports::claim_terms terms) {
        return wait(store().claim_deliveries(sink, std::move(terms)));
    }
    result<void> record(core::delivery const& claimed, core::delivery_decision decision, core::attempt_outcome outcome,
                        instant now = noon) {
        return wait(store().record_attempt(attempt_of(claimed, std::move(decision), std::move(outcome), now)));
    }
    std::uint64_t count(sink_name const& sink, core::delivery_state state) {
        return summary().sinks.at(sink).by_state.at(state);
    }
};

}  // namespace voicehook::contract
