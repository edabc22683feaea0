#include "wire/task_view.hpp"

#include "wire/callback_token.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::wire {

namespace {

/// For each member, whether another one further on has its name: the last is the one that counts.
std::vector<bool> find_repeated(std::vector<raw_member> const& members) {
    auto order = std::vector<std::size_t>(members.size());
    std::iota(order.begin(), order.end(), std::size_t{});
    std::ranges::sort(order, {}, [&](std::size_t at) { return std::pair{std::string_view{members[at].name}, at}; });
    auto repeated = std::vector<bool>(members.size());
    for (std::size_t at = 1; at < order.size(); ++at)
        if (members[order[at - 1]].name == members[order[at]].name) repeated[order[at - 1]] = true;
    return repeated;
}

/// Sinks serve several callers and are told whose task it is.
enum class reader : unsigned char { caller = 1, sink };

/// Writes a task's members: ours where we own one, else the provider's bytes.
class view {
public:
    view(core::task const& item, reader whom) : item_{item}, whom_{whom} {
        auto const failed = core::shown_status(item) != core::reported_status::completed;
        if (item.refused && failed) error_ = error_of(*item.refused);
    }

    std::string render() && {
        auto const provided = split_object(item_.provider_body);
        if (provided)
            copy(*provided);
        else
            make_up();
        if (!error_.empty()) out_.raw("error", error_);
        if (whom_ == reader::sink) out_.text("caller", item_.caller.value());
        return without_callback_tokens(std::move(out_).finish());
    }

private:
    static std::string error_of(core::refusal const& why) {
        if (split_object(why.error_json)) return why.error_json;
        auto out = object_writer{};
        out.text("code", why.code).text("message", why.code);
        return std::move(out).finish();
    }

    void write_ids() {
        out_.text("id", item_.id.value());
        if (item_.provider_id) out_.text("provider_task_id", item_.provider_id->value());
    }
    void write_status() { out_.text("status", to_text(core::shown_status(item_))); }

    bool owned(std::string_view name) const {
        if (name == "error") return !error_.empty();
        if (name == "caller") return whom_ == reader::sink;
        return name == "id" || name == "provider_task_id" || name == "status";
    }

    void copy(std::vector<raw_member> const& provided) {
        if (!find_member(provided, "id")) write_ids();
        auto const repeated = find_repeated(provided);
        for (std::size_t at = 0; at < provided.size(); ++at) {
            auto const& [name, value, whole] = provided[at];
            if (repeated[at]) continue;
            if (name == "id")
                write_ids();
            else if (name == "status")
                write_status();
            else if (!owned(name))
                out_.raw(name, value);
        }
        if (!find_member(provided, "status")) write_status();
    }

    /// The provider never answered: what it would have said, as far as we know it.
    void make_up() {
        out_.number("created", to_unix_seconds(item_.created_at));
        write_ids();
        out_.text("model", item_.model).text("object", "audio.generation.task").number("progress", item_.progress);
        write_status();
        out_.raw("task_info", R"({"can_cancel":false})").text("type", "audio");
    }

    core::task const& item_;
    reader whom_;
    std::string error_;
    object_writer out_;
};

/// The moment a sink is told: the task's end.
instant told_at(core::task const& item) {
    auto const* const end = std::get_if<core::ended>(&item.state);
    return end != nullptr ? end->at : item.created_at;
}

/// Whether the provider's latest bytes are the result, and not what it said before somebody else ended the task.
bool has_result(core::task const& item) {
    auto const told = item.source == core::result_source::callback || item.source == core::result_source::query;
    return told && !item.provider_body.empty();
}

}  // namespace

std::string render_task(core::task const& item) { return view{item, reader::caller}.render(); }

std::string event_type(core::task const& item) {
    return fmt::format("voice_design.{}", to_text(core::shown_status(item)));
}

std::string render_event_data(core::task const& item) { return view{item, reader::sink}.render(); }

std::string render_envelope(core::task const& item) {
    auto out = object_writer{};
    out.text("type", event_type(item))
        .text("timestamp", to_rfc3339(told_at(item)))
        .raw("data", render_event_data(item));
    return std::move(out).finish();
}

std::string render_verbatim(core::task const& item) {
    return has_result(item) ? item.provider_body : render_task(item);
}

std::string render_cloudevent(core::task const& item, std::string const& event_id) {
    auto out = object_writer{};
    out.text("specversion", "1.0").text("id", event_id).text("source", event_source).text("type", event_type(item));
    out.text("subject", item.id.value()).text("time", to_rfc3339(told_at(item)));
    out.text("datacontenttype", "application/json").raw("data", render_event_data(item));
    return std::move(out).finish();
}

}  // namespace voicehook::wire
