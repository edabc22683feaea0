// When a page of a list is full: by its items, or by the bytes of their bodies.
#pragma once

#include "core/delivery.hpp"
#include "core/task.hpp"

#include <cstddef>
#include <utility>

namespace voicehook::store {

/// No page grows much beyond this, however many items were asked for.
inline constexpr std::size_t page_bytes = 4UZ * 1024 * 1024;

[[nodiscard]] inline std::size_t body_bytes(core::task const& item) noexcept {
    return item.submit_body.size() + item.provider_body.size() + (item.refused ? item.refused->error_json.size() : 0);
}
[[nodiscard]] inline std::size_t body_bytes(core::delivery const& item) noexcept { return item.body.size(); }

/// Fills a `task_page` or `delivery_page`.
template <class Page>
class page_filler {
public:
    explicit page_filler(std::size_t limit) : limit_{limit} {}

    /// Whether the page takes one more, of which the caller knows that it is there: if not, the page says `more`.
    [[nodiscard]] bool has_room() {
        page_.more = page_.items.size() >= limit_ || bytes_ >= page_bytes;
        return !page_.more;
    }
    template <class Item>
    void add(Item item) {
        bytes_ += body_bytes(item);
        page_.items.push_back(std::move(item));
    }
    [[nodiscard]] Page finish() && { return std::move(page_); }

private:
    std::size_t limit_;
    std::size_t bytes_{};
    Page page_;
};

}  // namespace voicehook::store
