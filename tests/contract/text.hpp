// Every field of what a store answers, as text: for comparing stores and for failures that show both sides.
#pragma once

#include "ports/store.hpp"

#include <string>
#include <vector>

namespace voicehook::contract {

[[nodiscard]] std::string text_of(core::task const& item);
[[nodiscard]] std::string text_of(core::delivery const& item);
[[nodiscard]] std::string text_of(ports::acceptance const& item);
[[nodiscard]] std::string text_of(ports::claimed<core::task> const& item);
[[nodiscard]] std::string text_of(ports::claimed<core::delivery> const& item);
[[nodiscard]] std::string text_of(ports::retired const& item);
[[nodiscard]] std::string text_of(ports::transition const& item);
[[nodiscard]] std::string text_of(ports::task_page const& item);
[[nodiscard]] std::string text_of(ports::delivery_page const& item);
[[nodiscard]] std::string text_of(ports::task_history const& item);
/// All but the size of the store.
[[nodiscard]] std::string text_of(ports::replica_note const& item);
[[nodiscard]] std::string text_of(ports::replica const& item);
[[nodiscard]] std::string text_of(ports::company const& item);
[[nodiscard]] std::string text_of(ports::store_summary const& item);
[[nodiscard]] std::string text_of(ports::audit_report const& item);
[[nodiscard]] std::string text_of(ports::action_page const& item);  ///< without the places, which differ
[[nodiscard]] std::string text_of(ports::parked_count const& item);
[[nodiscard]] std::string text_of(ports::replay const& item);
[[nodiscard]] std::string text_of(ports::replay_round const& item);
[[nodiscard]] std::string text_of(std::vector<core::task> const& items);
[[nodiscard]] std::string text_of(std::vector<ports::replay> const& items);
[[nodiscard]] inline std::string text_of(std::size_t number) { return std::to_string(number); }

/// A failure as its kind: the words may differ from store to store.
template <class T>
[[nodiscard]] std::string text_of(result<T> const& outcome) {
    if (!outcome) return "failure " + std::string{to_text(outcome.error().code)};
    if constexpr (std::is_void_v<T>)
        return "done";
    else
        return text_of(*outcome);
}

}  // namespace voicehook::contract
