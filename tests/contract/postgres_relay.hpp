// A network between a store and its PostgreSQL that tells what was asked, and breaks where a test wants it to.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace voicehook::contract {

/// Takes connections on a port of its own and speaks to the server of the tests for them, on a thread of its own. It
/// passes on whole exchanges: what a client sends up to a Sync or a simple query, so that a connection can be cut
/// between two of them. Safe from any thread.
class postgres_relay {
public:
    postgres_relay();
    ~postgres_relay();
    postgres_relay(postgres_relay const&) = delete;
    postgres_relay& operator=(postgres_relay const&) = delete;

    /// What a store opens to come through here.
    [[nodiscard]] std::string url() const;

    /// The next exchange with a statement that begins with `words` never arrives: its connection is cut instead. What
    /// is asked for after this happens after it.
    void lose(std::string words);
    /// Likewise, but the exchange arrives and is carried out, and only its answer is cut off with the connection.
    void lose_answer_to(std::string words);
    /// Cuts every connection.
    void cut();
    /// Cuts every connection, and each further one as soon as it comes.
    void refuse();
    /// Takes what comes and passes nothing on, either way; nobody is told.
    void fall_silent();
    /// All is well again; what the silence held back is passed on.
    void heal();

    /// Waits until a client has sent something that the silence holds back.
    void await_silenced();
    /// Waits until all was lost that was to be.
    void await_losses();

    /// The statements that clients had carried out since `forget`, by their text, in order.
    [[nodiscard]] std::vector<std::string> statements() const;
    /// How often somebody tried to connect since `forget`.
    [[nodiscard]] std::size_t attempts() const;
    void forget();

private:
    enum class weather : std::uint8_t { fair = 1, refusing, silent };
    enum class loss : std::uint8_t { request = 1, answer };
    struct trap {
        std::string words;
        loss what{};
    };
    struct link;

    void run();
    void accept();
    void read_client(link& which);
    void read_server(link& which);
    void take_frames(link& which);
    void take_frame(link& which, std::string frame);
    void end_exchange(link& which);
    void pass_answers(link& which);
    [[nodiscard]] bool springs(link const& which) const;
    void wake() const;

    std::string host_;
    std::uint16_t server_port_{};
    std::string rest_;  ///< of the URL, from the database on
    std::string user_;
    std::uint16_t port_{};
    int listener_{-1};
    int bell_{-1};

    mutable std::mutex guard_;
    std::condition_variable changed_;
    weather weather_{weather::fair};
    std::deque<trap> traps_;
    bool losing_{};  ///< an answer that is to be lost is under way
    bool cut_{};
    bool over_{};
    std::vector<std::unique_ptr<link>> links_;
    std::vector<std::string> statements_;
    std::size_t attempts_{};
    std::thread thread_;
};

}  // namespace voicehook::contract
