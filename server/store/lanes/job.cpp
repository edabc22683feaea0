#include "store/lanes/job.hpp"

#include <boost/asio/post.hpp>

namespace voicehook::store::lanes {

void complete(std::vector<std::unique_ptr<job>> done) {
    if (done.empty()) return;
    auto const executor = done.front()->executor();
    asio::post(executor, [done = std::move(done)] {
        for (auto const& each : done) each->resume();
    });
}

void complete(std::unique_ptr<job> done) {
    auto one = std::vector<std::unique_ptr<job>>{};
    one.push_back(std::move(done));
    complete(std::move(one));
}

}  // namespace voicehook::store::lanes
