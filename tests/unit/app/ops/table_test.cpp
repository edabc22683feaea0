#include "app/ops/table.hpp"

#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

constexpr auto right = column::side::right;

table ids_and_details() {
    auto out = table{{{.title = "ID"},
                      {.title = "COUNT", .align = right},
                      {.title = "DETAIL", .gives_way = giving_way::cut},
                      {.title = "OTHER ID", .gives_way = giving_way::leave}}};
    out.add({"task-1", "7", "a detail that is rather long", "other-1"});
    out.add({"task-22", "1,200", "晚上好", "other-22"});
    return out;
}

TEST(Table, ColumnsAreAlignedByWhatTheyTakeOnTheScreen) {
    EXPECT_EQ(ids_and_details().render(0),
              "ID       COUNT  DETAIL                        OTHER ID\n"
              "task-1       7  a detail that is rather long  other-1\n"
              "task-22  1,200  晚上好                        other-22\n");
}

TEST(Table, LongCellsAreCutBeforeAColumnIsLeftOut) {
    EXPECT_EQ(ids_and_details().render(40),
              "ID       COUNT  DETAIL          OTHER ID\n"
              "task-1       7  a detail that…  other-1\n"
              "task-22  1,200  晚上好          other-22\n");
}

TEST(Table, WhatMayLeaveIsLeftOutWhenTheRestDoesNotFit) {
    EXPECT_EQ(ids_and_details().render(30),
              "ID       COUNT  DETAIL\n"
              "task-1       7  a detail that…\n"
              "task-22  1,200  晚上好\n");
}

TEST(Table, IdsAreShownWholeHoweverNarrowItIs) {
    auto const text = ids_and_details().render(10);

    EXPECT_NE(text.find("task-22"), std::string::npos);
    EXPECT_EQ(text.find("other-22"), std::string::npos);
}

TEST(Table, CellsCannotForgeLinesOrEscape) {
    auto out = table{{{.title = "A"}, {.title = "B"}}};
    out.add({"one\ntwo", "\x1b[2J"});

    EXPECT_EQ(out.render(0, 2), "  A        B\n  one two  ?[2J\n");
}

TEST(Table, NoCellIsEndless) {
    auto out = table{{{.title = "A"}}};
    out.add({std::string(10'000, 'x')});

    EXPECT_EQ(out.render(0), "A\n" + std::string(499, 'x') + "…\n");
}

}  // namespace
}  // namespace voicehook::app::ops
