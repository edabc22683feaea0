// What operations are going to read, told before they run: a store that pays for each question can ask once for all.
#pragma once

#include "base/ids.hpp"

#include <string>
#include <utility>
#include <vector>

namespace voicehook::store {

/// Rows by the keys that operations look for; whether they exist is not known yet.
struct row_needs {
    std::vector<task_id> tasks;
    std::vector<delivery_id> deliveries;
    std::vector<provider_task_id> bound;                     ///< tasks by the provider's id
    std::vector<std::pair<caller_name, std::string>> keyed;  ///< tasks by caller and Idempotency-Key
    std::vector<caller_name> quotas;                         ///< callers whose open tasks are counted
};

}  // namespace voicehook::store
