#include "sinks/create.hpp"
#include "temporary_folder.hpp"
#include "tests/unit/client/client_fixture.hpp"
#include "wire/digest.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using hint = core::attempt_outcome::hint;
using ::testing::HasSubstr;

constexpr auto noon = instant{1'775'131'200'000ms};  // 2026-04-02
constexpr auto day = "2026-04-02";
constexpr auto task = "task-019d4e2b-1000-7000-8000-000000000001";

class ArtifactSink : public client_test {
protected:
    std::unique_ptr<ports::sink> sink(std::size_t max_size = 1024 * 1024,
                                      client::address_guard guard = client::address_guard::allow_internal) {
        return sinks::create_artifact_sink(*http_, {.folder = folder_.path(),
                                                    .hosts = {"service.test"},
                                                    .max_size = max_size,
                                                    .timeout = 5s,
                                                    .guard = guard})
            .value();
    }

    core::attempt_outcome fetch(ports::sink& from, std::string url) {
        auto item = core::delivery{};
        item.task = task_id{task};
        item.created_at = noon;
        item.destination = std::move(url);
        return run(from.deliver(item, {}));
    }

    std::string kept(std::string const& ending) { return read_file(folder_ / day + "/" + task + ending); }

    std::vector<std::string> files() {
        auto found = std::vector<std::string>{};
        for (auto const& item : std::filesystem::recursive_directory_iterator{folder_.path()})
            if (item.is_regular_file()) found.push_back(item.path().filename());
        return found;
    }

    loopback_server https(server_script script) {
        return loopback_server{io_, std::move(script), authority_.issue("DNS:service.test")};
    }

    temporary_folder folder_;
};

TEST_F(ArtifactSink, StreamsTheAudioToAFileOfItsOwnAndTellsSizeTypeAndDigest) {
    auto audio = std::string(700'000, 'a');
    for (std::size_t at = 0; at < audio.size(); at += 1000) audio[at] = '\0';
    auto server = https(answer_always(http_answer("200 OK", audio, "Content-Type: Audio/WAV; rate=24000\r\n")));
    auto const rescue = sink();

    auto const outcome = fetch(*rescue, server.url("https", "service.test") + "/p.wav?sig=secret");

    EXPECT_EQ(outcome.failed, std::nullopt) << outcome.answer;
    EXPECT_EQ(kept(".wav"), audio);
    EXPECT_EQ(outcome.answer,
              fmt::format("{}/{}.wav, 700000 bytes, audio/wav, sha256 {}", day, task, wire::sha256_hex(audio)));
    EXPECT_EQ(files().size(), 1u);
}

TEST_F(ArtifactSink, ASecondCopyReplacesTheFirst) {
    auto server = https(answer_always(http_answer("200 OK", "audio", "Content-Type: audio/mpeg\r\n")));
    auto const rescue = sink();

    static_cast<void>(fetch(*rescue, server.url("https", "service.test") + "/a"));
    auto const again = fetch(*rescue, server.url("https", "service.test") + "/a");

    EXPECT_EQ(again.failed, std::nullopt);
    EXPECT_THAT(files(), ::testing::ElementsAre(std::string{task} + ".mp3"));
}

TEST_F(ArtifactSink, WhatIsTooLargeIsParkedAndLeavesNothing) {
    auto const length = https(answer_always(http_answer("200 OK", std::string(5000, 'x'))));
    auto const chunked = https(answer_and_stall("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" +
                                                std::string(5000, 'x') + "\r\n"));
    auto const rescue = sink(4096);

    for (auto const* server : {&length, &chunked}) {
        auto const outcome = fetch(*rescue, server->url("https", "service.test") + "/a");
        EXPECT_EQ(outcome.failed, delivery_cause::too_large) << outcome.answer;
        EXPECT_EQ(outcome.then, hint::park);
    }
    EXPECT_TRUE(files().empty());
}

TEST_F(ArtifactSink, WhatEndsEarlyOrIsNothingIsTriedAgainAndLeavesNothing) {
    auto const cut = https(answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc"));
    auto const nothing = https(answer_always(http_answer("200 OK")));
    auto const dead = https(answer_always(http_answer("403 Forbidden", "expired")));
    auto const moved = https(answer_always(http_answer("302 Found", "", "Location: https://127.0.0.1/\r\n")));
    auto const rescue = sink();
    auto const from = [&](loopback_server const& server) {
        return fetch(*rescue, server.url("https", "service.test") + "/a");
    };

    EXPECT_EQ(from(cut).failed, delivery_cause::reset);
    EXPECT_EQ(from(nothing).failed, delivery_cause::protocol);
    EXPECT_EQ(from(dead).failed, delivery_cause::status_4xx);
    EXPECT_EQ(from(moved).failed, delivery_cause::status_3xx);
    EXPECT_EQ(from(moved).then, hint::none);
    EXPECT_TRUE(files().empty());
}

TEST_F(ArtifactSink, LinksThatMayNotBeFollowedAreParkedWithoutAConnection) {
    auto const server = https(answer_always(http_answer("200 OK", "audio")));
    auto const rescue = sink();
    auto const guarded = sink(1024, client::address_guard::refuse_internal);

    auto const elsewhere = fetch(*rescue, server.url("https", "other.test") + "/a");
    auto const plain = fetch(*rescue, server.url("http", "service.test") + "/a");
    auto const internal = fetch(*guarded, server.url("https", "service.test") + "/a");
    auto const garbage = fetch(*rescue, "/etc/passwd");

    for (auto const& outcome : {elsewhere, plain, internal}) {
        EXPECT_EQ(outcome.failed, delivery_cause::forbidden) << outcome.answer;
        EXPECT_EQ(outcome.then, hint::park);
    }
    EXPECT_EQ(garbage.failed, delivery_cause::format);
    EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(ArtifactSink, ATypeThatIsNoTypeNamesNoFile) {
    auto const server = https(answer_always(http_answer("200 OK", "x", "Content-Type: ../../etc/x\x80\r\n")));
    auto const rescue = sink();

    auto const outcome = fetch(*rescue, server.url("https", "service.test") + "/a");

    EXPECT_THAT(outcome.answer, HasSubstr("application/octet-stream"));
    EXPECT_THAT(files(), ::testing::ElementsAre(std::string{task} + ".bin"));
}

TEST_F(ArtifactSink, AFolderThatCannotBeMadeIsToldAtTheStart) {
    write_file(folder_ / "file", "x");

    auto const made = sinks::create_artifact_sink(*http_, {.folder = folder_ / "file/below"});

    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().doing, HasSubstr("file/below"));
}

TEST_F(ArtifactSink, AFolderThatWentAwayIsAFailureOfOurs) {
    auto const server = https(answer_always(http_answer("200 OK", "audio")));
    auto const rescue = sink();
    std::filesystem::remove_all(folder_.path());
    write_file(folder_.path(), "no folder any more");

    auto const outcome = fetch(*rescue, server.url("https", "service.test") + "/a");

    EXPECT_EQ(outcome.failed, delivery_cause::io);
    EXPECT_EQ(server.accepted(), 0u);
}

}  // namespace
}  // namespace voicehook::testing
