// Reads query parameters one by one and collects every complaint.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/time.hpp"
#include "core/complaint.hpp"
#include "http/exchange.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::api {

/// Parameters that nobody read are complaints too: a misspelt filter must not silently match everything.
class query_reader {
public:
    explicit query_reader(http::request const& item);

    [[nodiscard]] std::optional<std::string> text(std::string_view name);
    /// RFC 3339 or whole seconds since 1970.
    [[nodiscard]] std::optional<instant> moment(std::string_view name);
    /// A duration such as "30s", or whole seconds.
    [[nodiscard]] std::optional<duration> span(std::string_view name, duration longest);
    [[nodiscard]] std::optional<std::size_t> count(std::string_view name, std::size_t least, std::size_t most);
    template <named E>
    [[nodiscard]] std::optional<E> one_of(std::string_view name) {
        auto const given = text(name);
        if (!given) return std::nullopt;
        auto const value = from_text<E>(*given);
        if (!value) complain_about_choice(name, choices<E>());
        return value;
    }
    void complain(std::string_view name, std::string message);

    /// Complaints so far and one for each parameter that was not asked for. Call last.
    [[nodiscard]] core::complaints finish() &&;

private:
    template <named E>
    static std::string choices() {
        std::string list;
        for (auto const& [value, name] : names_of<E>) list += (list.empty() ? "" : ", ") + std::string{name};
        return list;
    }
    void complain_about_choice(std::string_view name, std::string const& allowed);

    std::map<std::string, std::string, std::less<>> given_;
    core::complaints complaints_;
    std::string known_;
};

/// Opaque to callers, a task id to us.
[[nodiscard]] std::string make_cursor(task_id const& last);
[[nodiscard]] std::optional<task_id> read_cursor(std::string_view text);

}  // namespace voicehook::api
