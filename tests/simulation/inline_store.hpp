// The stores of the databases without their threads: each operation is run where it was asked for.
#pragma once

#include "dice.hpp"
#include "life.hpp"
#include "ports/store.hpp"
#include "store/lanes/job.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace voicehook::simulation {

using job_group = std::vector<std::unique_ptr<store::lanes::job>>;

/// What works for a store: runs jobs against its database, and waits for nobody but that.
class engine {
public:
    virtual ~engine() = default;
    /// As one transaction; each has its result afterwards.
    virtual void commit(job_group& group) = 0;
    /// In a transaction that only reads.
    virtual void read(store::lanes::job& work) = 0;
};

/// For whoever looks from outside of the lives.
[[nodiscard]] std::unique_ptr<ports::store> make_inline_store(std::shared_ptr<engine> works,
                                                              asio::any_io_executor executor);

/// For one life, which must outlive it. Operations are done at once, but those that the real store would group wait for
/// others, up to `window` of simulated time; a life that ends meanwhile takes them with it.
[[nodiscard]] std::unique_ptr<ports::store> make_inline_store(std::shared_ptr<engine> works, life& process,
                                                              scheduler& time, duration window);

}  // namespace voicehook::simulation
