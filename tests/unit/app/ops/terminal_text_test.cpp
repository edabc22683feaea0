#include "app/ops/terminal_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace voicehook::app::ops {
namespace {

using namespace std::string_view_literals;

TEST(TerminalText, EscapeSequencesLoseWhatMakesThemOne) {
    EXPECT_EQ(shown("a\x1b[31mred\x1b[0m"), "a?[31mred?[0m");
    EXPECT_EQ(shown("\x1b]0;title\x07"), "?]0;title?");
    EXPECT_EQ(shown("\x1b]8;;https://evil\x1b\\here"), "?]8;;https://evil?\\here");
    EXPECT_EQ(shown("\xc2\x9b"
                    "31m"),
              "?31m")
        << "CSI in C1";
    EXPECT_EQ(shown("\xc2\x9d"
                    "52;c;\xc2\x9c"),
              "?52;c;?")
        << "OSC and ST in C1";
    EXPECT_EQ(shown("a\0b\x7f\x08"sv), "a?b??");
}

TEST(TerminalText, TextThatReordersOrHidesIsSeen) {
    EXPECT_EQ(shown("a\u202eb\u2066c\u061cd\u200fe"), "a?b?c?d?e") << "bidi controls";
    EXPECT_EQ(shown("a\u200bb\u200dc\u2060d\ufeffe\u00adf\u3164g"), "a?b?c?d?e?f?g") << "invisible";
    EXPECT_EQ(shown("a\u2028b\u2029c"), "a?b?c") << "separators of lines";
    EXPECT_EQ(shown("a\U000e0041b\ue000c\U0010ffffd"), "a?b?c?d") << "tags, private use, no characters";
}

TEST(TerminalText, IllFormedBytesAreQuestionMarks) {
    EXPECT_EQ(shown("a\xff\xc3(\xed\xa0\x80\x80"sv),
              "a??"
              "(????");
    EXPECT_EQ(shown("\xf0\x9f\x8e"sv), "???");
}

TEST(TerminalText, OneLineStaysOneLine) {
    EXPECT_EQ(shown("one\ntwo\r\nthree\tfour\rfive"), "one two three four five");
    EXPECT_EQ(shown_lines("one\ntwo\r\nthree\tfour\rfive"), "one\ntwo\nthree four\nfive");
    EXPECT_EQ(shown_lines("a\x1b[2Jb\n"), "a?[2Jb\n");
}

TEST(TerminalText, MarksDoNotPileUp) {
    auto const mark = std::string{"\u0301"};
    auto piled = std::string{"a"};
    for (auto times = 0; times < 50; ++times) piled += mark;

    auto const text = shown(piled + "b");

    EXPECT_EQ(text, "a" + mark + mark + mark + mark + std::string(46, '?') + "b");
    EXPECT_EQ(columns_of(shown("e\u0301")), 1U);
}

TEST(TerminalText, OrdinaryTextOfAnyLanguageStays) {
    for (auto const text :
         {"Grüße, naïve", "Добрый день", "晚上好，听众朋友们", "こんにちは", "안녕하세요", "مساء الخير", "🎙 on air"})
        EXPECT_EQ(shown(text), text);
}

TEST(TerminalText, ShownTextStaysAsItIs) {
    auto const once = shown("\x1b[1m\u202e\n\xff\u0301\u0301\u0301\u0301\u0301\u0301x");

    EXPECT_EQ(shown(once), once);
    EXPECT_EQ(shown_lines(once), once);
}

TEST(TerminalText, WideCharactersTakeTwoColumns) {
    EXPECT_EQ(columns_of("abc"), 3U);
    EXPECT_EQ(columns_of("äöü…"), 4U);
    EXPECT_EQ(columns_of("晚上好"), 6U);
    EXPECT_EQ(columns_of("안녕🎙ｗ"), 4U + 1U + 2U) << "the microphone is narrow by itself";
    EXPECT_EQ(columns_of("🔥"), 2U);
}

TEST(TerminalText, WhatIsCutEndsWithDotsAndFits) {
    EXPECT_EQ(cut("abcdef", 6), "abcdef");
    EXPECT_EQ(cut("abcdef", 5), "abcd…");
    EXPECT_EQ(cut("晚上好", 6), "晚上好");
    EXPECT_EQ(cut("晚上好", 5), "晚上…");
    EXPECT_EQ(cut("晚上好", 4), "晚…");
    EXPECT_EQ(cut("e\u0301e\u0301e\u0301", 2), "e\u0301…");
    EXPECT_EQ(cut("abc", 1), "…");
    EXPECT_EQ(cut("abc", 0), "");
}

TEST(TerminalText, AHugeLineIsCutInReasonableTime) {
    auto const huge = std::string(8'000'000, 'x') + "\x1b[31m";

    EXPECT_EQ(cut(shown(huge), 10), "xxxxxxxxx…");
}

}  // namespace
}  // namespace voicehook::app::ops
