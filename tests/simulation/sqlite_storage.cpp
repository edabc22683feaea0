// Episodes over the real SQLite rows: one connection that outlives the lives, as the file does.
#include "inline_store.hpp"
#include "storage.hpp"
#include "store/sqlite/open_database.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <stdlib.h>
#include <filesystem>
#include <stdexcept>

namespace voicehook::simulation {
namespace {

using store::sqlite::sqlite_rows;

class sqlite_engine final : public engine {
public:
    explicit sqlite_engine(store::sqlite::opened_database opened)
        : opened_{std::move(opened)}, written_{*opened_.for_writing}, read_{*opened_.for_reading} {}

    void commit(job_group& group) override {
        for (auto& work : group) commit_one(*work);
    }
    void read(store::lanes::job& work) override {
        opened_.for_reading->prepare("BEGIN").run();
        static_cast<void>(work.run(read_));
        opened_.for_reading->prepare("COMMIT").run();
    }

private:
    void commit_one(store::lanes::job& work) {
        opened_.for_writing->prepare("BEGIN IMMEDIATE").run();
        if (run(work)) {
            written_.flush();
            opened_.for_writing->prepare("COMMIT").run();
            return;
        }
        written_.forget();
        opened_.for_writing->prepare("ROLLBACK").run();
    }
    bool run(store::lanes::job& work) {
        try {
            return work.run(written_);
        } catch (std::exception const& why) {
            work.fail({errc::store_unavailable, why.what()});
            return false;
        }
    }

    store::sqlite::opened_database opened_;
    sqlite_rows written_;
    sqlite_rows read_;
};

/// In memory where there is such a folder: no power is cut here.
std::filesystem::path make_folder() {
    auto const memory = std::filesystem::path{"/dev/shm"};
    auto const parent = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    auto pattern = (parent / "voicehook-simulation-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no folder for the store can be made"};
    return pattern;
}

class sqlite_storage final : public storage {
public:
    ~sqlite_storage() override {
        engine_.reset();
        auto ignored = std::error_code{};
        std::filesystem::remove_all(folder_, ignored);
    }

    void begin(world& around) override {
        engine_.reset();
        for (auto const& file : std::filesystem::directory_iterator{folder_}) std::filesystem::remove(file);
        auto opened = store::sqlite::open_database((folder_ / "store.db").string(), std::nullopt, around.time.now());
        if (!opened) throw std::runtime_error{opened.error().doing};
        engine_ = std::make_shared<sqlite_engine>(std::move(*opened));
        time_ = &around.time;
    }
    std::unique_ptr<ports::store> open(life& process) override {
        return make_inline_store(engine_, process, *time_, 0ms);
    }
    std::unique_ptr<ports::store> open(asio::io_context& io) override {
        return make_inline_store(engine_, io.get_executor());
    }

private:
    std::filesystem::path folder_{make_folder()};
    std::shared_ptr<engine> engine_;
    scheduler* time_{};
};

}  // namespace

std::unique_ptr<storage> make_sqlite_storage() { return std::make_unique<sqlite_storage>(); }

}  // namespace voicehook::simulation
