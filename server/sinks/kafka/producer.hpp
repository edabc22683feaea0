// One idempotent producer of librdkafka, the thread that hears its reports, and its successor when it fails for good.
#pragma once

#include "base/failure.hpp"
#include "base/ids.hpp"
#include "core/delivery.hpp"
#include "core/delivery_policy.hpp"
#include "sinks/kafka/background_threads.hpp"
#include "sinks/kafka/configuration.hpp"
#include "sinks/kafka/error_table.hpp"
#include "sinks/kafka/library_log.hpp"
#include "sinks/kafka/message.hpp"
#include "sinks/kafka/settings.hpp"
#include "sinks/pending_reports.hpp"
#include "telemetry/metrics.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::sinks::kafka {

/// `send`, `retire` and `stop` on the network thread, everything else on a thread of its own. May end after its sink.
class producer final : public job {
public:
    /// `metrics` may be null; it must outlive the call of `stop`.
    [[nodiscard]] static result<std::shared_ptr<producer>> create(kafka_sink_settings const& from,
                                                                  pending_reports::poster reports,
                                                                  telemetry::metrics* metrics);
    ~producer() override;

    /// Takes a copy of the message; its report goes to `to`. Anything but success: not taken, and no report will come.
    /// Never blocks.
    [[nodiscard]] core::attempt_outcome send(core::delivery const& item, message_headers const& headers,
                                             pending_reports::token to);

    /// Goes on, but shows nothing more.
    void retire();

    void run() noexcept override;
    /// Messages that nobody waits for any more are thrown away rather than sent: their deliveries will be made again.
    void stop() noexcept override;

private:
    enum class verdict : unsigned char { go_on, replace };

    producer(kafka_sink_settings const& from, configuration conf, client first, pending_reports::poster reports,
             telemetry::metrics* metrics);

    [[nodiscard]] client take_client();
    [[nodiscard]] bool offer(client next);
    [[nodiscard]] bool stopping();
    void pause(duration span);
    void serve(rd_kafka_t* handle);
    void dismiss(client old);
    [[nodiscard]] verdict look_at(rd_kafka_t* handle, rd_kafka_event_t* event);
    [[nodiscard]] verdict hear_reports(rd_kafka_event_t* event);
    [[nodiscard]] verdict hear_trouble(rd_kafka_t* handle, rd_kafka_event_t* event);
    [[nodiscard]] bool let_go(pending_reports::token message);
    [[nodiscard]] company company_of(std::size_t size) const noexcept;
    void count_trouble(rd_kafka_resp_err_t code, std::string const& text);
    void hear_log(rd_kafka_event_t* event);
    void hear_statistics(rd_kafka_event_t* event);

    std::string const topic_;
    std::string const sink_;
    std::size_t const batch_size_;
    configuration const conf_;
    pending_reports::poster const reports_;
    library_log log_;
    std::optional<trouble> trouble_;  ///< since the last message that was delivered

    std::mutex mutex_;  ///< of what is below; never held while the library may wait
    std::condition_variable stopped_;
    client client_;                                 ///< none while it is being replaced
    std::size_t outstanding_{};                     ///< messages that it has
    std::optional<pending_reports::token> sole_{};  ///< the last one, if it had no other then
    telemetry::metrics* metrics_;                   ///< null: nobody is told any more
    bool stopping_{};
};

}  // namespace voicehook::sinks::kafka
