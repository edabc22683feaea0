// One task of the simulated provider.
#pragma once

#include "tests/simulator/kinds.hpp"
#include "tests/simulator/rules.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace simulator {

using steady = std::chrono::steady_clock;

/// What was decided about a task when it was accepted.
struct task_plan {
    std::chrono::milliseconds work{};
    std::chrono::milliseconds callback_delay{};
    std::chrono::milliseconds query_lag{};
    outcome ending = outcome::completed;
    std::optional<callback_manner> manner;
    std::optional<body_shape> shape;
    std::optional<hostile> intruder;
};

/// One request that was sent to the callback URL.
struct callback_record {
    std::int64_t at_ms = 0;   ///< Unix time of its start
    std::string status;       ///< the task status its body carries
    std::string kind;         ///< callback, duplicate, contradiction, control, hostile:…
    unsigned attempt = 1;     ///< 1–4 within one delivery
    unsigned answer = 0;      ///< HTTP status; 0: none
    std::string answer_body;  ///< its beginning
    std::string error;        ///< why there was no answer
};

/// Whether the answer to the first submission has left the house.
enum class first_answer : std::uint8_t { in_flight, given };

/// A paid task from its acceptance on. Every body is made from these facts, so the same bytes come out each time.
struct task {
    std::uint64_t number = 0;  ///< counts accepted tasks from 1
    std::string id;
    std::int64_t created = 0;  ///< Unix time in seconds
    std::string voice;         ///< the full voice name
    voice_request request;
    std::string request_body;
    std::string idempotency_key;
    task_plan plan;
    steady::time_point accepted_at;
    std::optional<outcome> ended;  ///< nothing: still at work
    steady::time_point ended_at;
    first_answer answer = first_answer::in_flight;
    unsigned submits = 1;
    std::vector<callback_record> callbacks;
};

}  // namespace simulator
