#include "client/connection_pool.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::client {

connection_pool::connection_pool(std::size_t max_per_origin, std::size_t max_total, duration keep_for)
    : max_per_origin_{max_per_origin}, max_total_{max_total}, keep_for_{keep_for} {}

std::unique_ptr<connection> connection_pool::take(origin const& to) {
    drop_expired();
    auto const found = idle_.find(to);
    if (found == idle_.end()) return nullptr;

    auto chosen = std::unique_ptr<connection>{};
    auto& queue = found->second;
    while (!queue.empty() && !chosen) {
        auto candidate = std::move(queue.back().item);
        queue.pop_back();
        --size_;
        if (candidate->silent_and_open()) chosen = std::move(candidate);
    }
    if (queue.empty()) idle_.erase(found);
    return chosen;
}

void connection_pool::give_back(origin const& to, std::unique_ptr<connection> item) {
    drop_expired();
    if (max_per_origin_ == 0 || max_total_ == 0) return;
    auto& queue = idle_[to];
    if (queue.size() >= max_per_origin_) {
        queue.pop_front();
        --size_;
    }
    queue.push_back({std::move(item), clock::now() + keep_for_});
    ++size_;
    if (size_ > max_total_) drop_oldest();
}

void connection_pool::clear() {
    idle_.clear();
    size_ = 0;
}

void connection_pool::drop_expired() {
    auto const now = clock::now();
    for (auto& [where, queue] : idle_) {
        while (!queue.empty() && queue.front().expires <= now) {
            queue.pop_front();
            --size_;
        }
    }
    std::erase_if(idle_, [](auto const& item) { return item.second.empty(); });
}

void connection_pool::drop_oldest() {
    auto const oldest = std::ranges::min_element(idle_, {}, [](auto const& item) {
        return item.second.empty() ? clock::time_point::max() : item.second.front().expires;
    });
    oldest->second.pop_front();
    --size_;
    if (oldest->second.empty()) idle_.erase(oldest);
}

}  // namespace voicehook::client
