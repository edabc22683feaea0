// A JSON object cut into its members without touching their bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::wire {

/// One member: the decoded name, the value exactly as it stood, and both as they stood, from the name's opening quote.
struct raw_member {
    std::string name;
    std::string_view value;
    std::string_view whole;
};

/// Whether `text` is one well-formed JSON value of any kind (RFC 8259; depth ≤ 32; well-formed UTF-8).
[[nodiscard]] bool is_json(std::string_view text);

/// Cuts the top level of an object. `text` must outlive the result. Nothing when `text` is not one well-formed JSON
/// object (RFC 8259; depth ≤ 32; nothing but white space after it). Duplicate names stay, in order.
[[nodiscard]] std::optional<std::vector<raw_member>> split_object(std::string_view text);

/// Cuts an array into its elements, with the rules of `split_object`.
[[nodiscard]] std::optional<std::vector<std::string_view>> split_array(std::string_view text);

/// The value of the last member called `name`; nothing when there is none.
[[nodiscard]] std::optional<std::string_view> find_member(std::vector<raw_member> const& members,
                                                          std::string_view name);

/// `text` as a JSON string with its quotes; ill-formed UTF-8 becomes U+FFFD.
[[nodiscard]] std::string quote(std::string_view text);

/// Writes an object member by member; values are JSON text already.
class object_writer {
public:
    object_writer& raw(std::string_view name, std::string_view json);
    object_writer& text(std::string_view name, std::string_view value);
    object_writer& number(std::string_view name, long long value);
    object_writer& boolean(std::string_view name, bool value);
    /// The object's text; the writer is spent.
    [[nodiscard]] std::string finish() &&;

private:
    void write_name(std::string_view name);

    std::string out_{"{"};
};

}  // namespace voicehook::wire
