#include "async/offload.hpp"
#include "core/host_list.hpp"
#include "sinks/artifact_file.hpp"
#include "sinks/create.hpp"
#include "sinks/outcome_failure.hpp"
#include "wire/digest.hpp"

#include <boost/asio/thread_pool.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace voicehook::sinks {
namespace {

/// What the disk keeps free for others: the store may be on it.
constexpr std::size_t disk_reserve = 256 * 1024 * 1024;
/// Pieces are gathered, so that not every packet crosses threads.
constexpr std::size_t gathered = 256 * 1024;

/// The media type in lower case, without parameters; for people and for the file's ending.
std::string media_type(client::outbound_response const& answer) {
    auto const whole = answer.header("Content-Type").value_or("application/octet-stream");
    auto type = std::string{whole.substr(0, whole.find_first_of("; \t"))};
    std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto const fits = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '.' || c == '+' || c == '-';
    };
    return type.size() <= 64 && std::ranges::all_of(type, fits) ? type : "application/octet-stream";
}

std::string_view ending_of(std::string_view type) {
    constexpr auto known = std::array<std::pair<std::string_view, std::string_view>, 8>{{
        {"audio/wav", ".wav"},
        {"audio/x-wav", ".wav"},
        {"audio/wave", ".wav"},
        {"audio/mpeg", ".mp3"},
        {"audio/ogg", ".ogg"},
        {"audio/flac", ".flac"},
        {"audio/mp4", ".m4a"},
        {"audio/aac", ".aac"},
    }};
    auto const* const found = std::ranges::find(known, type, &std::pair<std::string_view, std::string_view>::first);
    return found == known.end() ? ".bin" : found->second;
}

core::attempt_outcome parked(core::delivery_cause cause, std::string why) {
    return {.failed = cause, .answer = std::move(why), .then = core::attempt_outcome::hint::park};
}

core::attempt_outcome not_written(failure const& why) {
    return {.failed = core::delivery_cause::io, .answer = why.doing};
}

class artifact_sink final : public ports::sink {
public:
    artifact_sink(client::http_client& http, artifact_settings settings)
        : http_{http}, settings_{std::move(settings)}, allowed_{settings_.hosts} {}

    sink_name const& name() const noexcept override { return name_; }
    std::size_t max_in_flight() const noexcept override { return settings_.max_in_flight; }
    duration longest_attempt() const noexcept override { return settings_.timeout; }
    std::string destination_of(core::delivery const& item) const override;
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    awaitable<result<void>> probe() override;

private:
    /// A file on its way, shared with the threads that write it.
    struct download {
        download(std::string folder, std::string name) : file{std::move(folder), std::move(name)} {}
        artifact_file file;
        wire::sha256_stream digest;
        std::size_t size{};
        std::string waiting;
    };

    [[nodiscard]] std::optional<core::attempt_outcome> refuse(core::url_parts const& url) const;
    [[nodiscard]] client::outbound_request fetch(core::url_parts url, std::shared_ptr<download> into);
    [[nodiscard]] awaitable<result<void>> take(std::shared_ptr<download> into, std::string piece);
    [[nodiscard]] awaitable<result<void>> write_waiting(std::shared_ptr<download> into);
    [[nodiscard]] awaitable<core::attempt_outcome> download_to(std::shared_ptr<download> into, core::url_parts url,
                                                               std::string name);
    [[nodiscard]] awaitable<core::attempt_outcome> keep(std::shared_ptr<download> whole, std::string type,
                                                        std::string name);

    client::http_client& http_;
    artifact_settings settings_;
    core::host_list allowed_;
    sink_name name_{std::string{core::artifact_sink}};
    asio::thread_pool threads_{1};
};

std::string artifact_sink::destination_of(core::delivery const& item) const {
    auto url = core::url_parts{};
    if (!item.destination || core::split_url(*item.destination, url) != core::url_error::none) return "?";
    return url.host;
}

std::optional<core::attempt_outcome> artifact_sink::refuse(core::url_parts const& url) const {
    using core::delivery_cause;
    if (url.scheme != "https") return parked(delivery_cause::forbidden, "the preview's link is not https");
    if (!allowed_.allows(url.host))
        return parked(delivery_cause::forbidden, fmt::format("artifacts.hosts does not allow {}", url.host));
    return std::nullopt;
}

client::outbound_request artifact_sink::fetch(core::url_parts url, std::shared_ptr<download> into) {
    auto request = client::outbound_request{};
    request.url = std::move(url);
    request.timeouts.total = settings_.timeout;
    request.max_response_body = settings_.max_size;
    request.answer_body = client::body_use::hand_on;
    request.on_body = [this, into = std::move(into)](std::string_view piece) { return take(into, std::string{piece}); };
    request.guard = settings_.guard;
    return request;
}

awaitable<result<void>> artifact_sink::take(std::shared_ptr<download> into, std::string piece) {
    into->size += piece.size();
    into->digest.add(piece);
    into->waiting += piece;
    if (into->waiting.size() < gathered) co_return result<void>{};
    auto const written = co_await write_waiting(into);
    co_return written;
}

awaitable<result<void>> artifact_sink::write_waiting(std::shared_ptr<download> into) {
    auto write = [into, bytes = std::exchange(into->waiting, {})] { return into->file.write(bytes); };
    auto const written = co_await async::offload(threads_, std::move(write));
    co_return written;
}

awaitable<core::attempt_outcome> artifact_sink::keep(std::shared_ptr<download> whole, std::string type,
                                                     std::string name) {
    if (whole->size == 0)
        co_return core::attempt_outcome{.failed = core::delivery_cause::protocol, .answer = "the preview is empty"};
    auto const written = co_await write_waiting(whole);
    if (!written) co_return not_written(written.error());
    auto const ending = ending_of(type);
    auto finish = [whole, ending] { return whole->file.finish(ending); };
    auto const finished = co_await async::offload(threads_, std::move(finish));
    if (!finished) co_return not_written(finished.error());
    co_return core::attempt_outcome{.answer = fmt::format("{}{}, {} bytes, {}, sha256 {}", name, ending, whole->size,
                                                          type, whole->digest.finish_hex())};
}

awaitable<core::attempt_outcome> artifact_sink::deliver(core::delivery const& item, trace_context const& /*trace*/) {
    auto url = core::url_parts{};
    if (!item.destination || core::split_url(*item.destination, url) != core::url_error::none)
        co_return parked(core::delivery_cause::format, "the preview's link is not a URL");
    if (auto refused = refuse(url)) co_return std::move(*refused);

    auto const day = to_rfc3339(item.created_at).substr(0, 10);
    auto const folder = fmt::format("{}/{}", settings_.folder, day);
    auto const into = std::make_shared<download>(folder, item.task.value());
    auto open = [into, most = settings_.max_size] { return into->file.open(most, disk_reserve); };
    auto const opened = co_await async::offload(threads_, std::move(open));
    if (!opened) co_return not_written(opened.error());

    auto outcome = co_await download_to(into, std::move(url), fmt::format("{}/{}", day, item.task.value()));
    auto settle = [into] { into->file.discard(); };  // what was finished stays
    co_await async::offload(threads_, std::move(settle));
    co_return outcome;
}

awaitable<core::attempt_outcome> artifact_sink::download_to(std::shared_ptr<download> into, core::url_parts url,
                                                            std::string name) {
    auto const answer = co_await http_.send(fetch(std::move(url), into));
    if (!answer) {
        auto outcome = to_outcome(answer.error().why);
        if (outcome.failed == core::delivery_cause::too_large || outcome.failed == core::delivery_cause::forbidden)
            outcome.then = core::attempt_outcome::hint::park;
        co_return outcome;
    }
    if (auto const cause = core::cause_of_status(answer->status)) {
        auto outcome = core::attempt_outcome{.failed = cause, .answer = fmt::format("HTTP {}", answer->status)};
        if (cause == core::delivery_cause::gone) outcome.then = core::attempt_outcome::hint::park;
        co_return outcome;
    }
    auto outcome = co_await keep(into, media_type(*answer), std::move(name));
    co_return outcome;
}

awaitable<result<void>> artifact_sink::probe() {
    auto look = [folder = settings_.folder] { return check_artifact_folder(folder); };
    auto const found = co_await async::offload(threads_, std::move(look));
    co_return found;
}

}  // namespace

result<std::unique_ptr<ports::sink>> create_artifact_sink(client::http_client& http, artifact_settings settings) {
    auto const usable = check_artifact_folder(settings.folder);
    if (!usable) return std::unexpected{usable.error()};
    return std::make_unique<artifact_sink>(http, std::move(settings));
}

}  // namespace voicehook::sinks
