#include "storage.hpp"

#include "passing_store.hpp"
#include "store/memory/create.hpp"

#include <cstdlib>
#include <stdexcept>

namespace voicehook::simulation {
namespace {

class memory_storage final : public storage {
public:
    void begin(world& around) override {
        store_ = around.rules.leases() == lease_time::shared
                     ? store::memory::create([&around] { return around.time.now(); })
                     : store::memory::create();
    }
    std::unique_ptr<ports::store> open(life&) override { return std::make_unique<passing_store>(store_); }
    std::unique_ptr<ports::store> open(asio::io_context&) override { return std::make_unique<passing_store>(store_); }

private:
    std::shared_ptr<ports::store> store_;
};

std::string postgres_server() {
    auto const* const url = std::getenv("VOICEHOOK_TEST_POSTGRES");
    if (url == nullptr) throw std::runtime_error{"no VOICEHOOK_TEST_POSTGRES: run this by tests/support/with_postgres"};
    return url;
}

}  // namespace

std::unique_ptr<storage> make_memory_storage() { return std::make_unique<memory_storage>(); }

std::unique_ptr<storage> make_storage(store_kind kind, std::size_t number) {
    switch (kind) {
        case store_kind::memory: return make_memory_storage();
        case store_kind::sqlite: return make_sqlite_storage();
        case store_kind::postgres: return make_postgres_storage(postgres_server(), number);
    }
    throw std::logic_error{"no such store"};
}

}  // namespace voicehook::simulation
