#include "trace.hpp"

namespace voicehook::simulation {

std::vector<std::string> trace::lines_of(task_id const& task) const {
    auto found = std::vector<std::string>{};
    for (auto const& item : lines_) {
        if (task != task_id{} && item.task != task_id{} && item.task != task) continue;
        found.push_back(fmt::format("{} {}{}", to_rfc3339(item.at), item.task == task_id{} ? "* " : "", item.text));
    }
    return found;
}

}  // namespace voicehook::simulation
