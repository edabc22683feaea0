#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voicehook {
namespace {

// RFC 9562, A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
constexpr auto rfc_time = from_unix_ms(0x017F22E279B0);
constexpr auto rfc_entropy = uuid_entropy{0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};

TEST(Ids, AUuidIsThatOfTheRfcsExample) {
    EXPECT_EQ(make_uuid_v7(rfc_time, rfc_entropy), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST(Ids, VersionAndVariantStandWhateverTheEntropyIs) {
    auto entropy = uuid_entropy{};
    entropy.fill(0xff);

    EXPECT_EQ(make_uuid_v7(instant{}, entropy), "00000000-0000-7fff-bfff-ffffffffffff");
    EXPECT_EQ(make_uuid_v7(instant{}, {}), "00000000-0000-7000-8000-000000000000");
}

TEST(Ids, ATaskIdTellsWhenItWasMade) {
    auto const now = from_unix_ms(1775123456789);

    auto const id = make_task_id(now, rfc_entropy);

    EXPECT_TRUE(is_task_id(id.value()));
    EXPECT_EQ(made_at(id), now);
}

TEST(Ids, LaterTaskIdsSortAfterEarlierOnes) {
    auto const early = make_task_id(from_unix_ms(1775123456789), uuid_entropy{0xff, 0xff, 0xff});
    auto const late = make_task_id(from_unix_ms(1775123456790), uuid_entropy{});

    EXPECT_LT(early, late);
}

TEST(Ids, WhatIsNotExactlyATaskIdOfOursIsNone) {
    auto const good = std::string{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    ASSERT_TRUE(is_task_id(good));

    for (auto const text : {"", "task-", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "task-unified-1775123456-abcd1234",
                            "task-017F22E2-79b0-7cc3-98c4-dc0c0c07398f", "task-017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
                            "task-017f22e2-79b0-7cc3-c8c4-dc0c0c07398f", "task-017f22e2-79b0-7cc3-98c4-dc0c0c07398",
                            "task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", "task-017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
                            "task-017f22e2-79b0-7cc3-98c4-dc0c0c07398g"}) {
        EXPECT_FALSE(is_task_id(text)) << text;
        EXPECT_EQ(made_at(task_id{text}), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace voicehook
