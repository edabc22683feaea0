#include "ports/store_types.hpp"

namespace voicehook::ports {

bool passes(task_filter const& filter, core::task const& item) {
    return (!filter.caller || item.caller == *filter.caller) &&
           (!filter.status || core::shown_status(item) == *filter.status) &&
           (!filter.stage || core::stage_of(item.state) == *filter.stage) &&
           (!filter.created_after || item.created_at > *filter.created_after) &&
           (!filter.created_before || item.created_at < *filter.created_before);
}

}  // namespace voicehook::ports
