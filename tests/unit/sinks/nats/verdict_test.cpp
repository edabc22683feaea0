#include "sinks/nats/verdict.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using sinks::nats::outcome_of;
using sinks::nats::outcome_of_error;
using ::testing::HasSubstr;
using hint = core::attempt_outcome::hint;

TEST(NatsVerdict, AnAckMeansDeliveredTheSecondOneToo) {
    auto const first = outcome_of({.payload = R"({"stream":"RESULTS","seq":7})"}, "results");
    auto const second = outcome_of({.payload = R"({"stream":"RESULTS","seq":7,"duplicate":true})"}, "results");

    EXPECT_EQ(first.failed, std::nullopt);
    EXPECT_EQ(first.answer, "message 7 of RESULTS");
    EXPECT_EQ(second.failed, std::nullopt);
    EXPECT_EQ(second.answer, "message 7 of RESULTS, which was there already");
}

TEST(NatsVerdict, NobodyWhoTakesTheSubjectIsAMissingStream) {
    auto const outcome = outcome_of({.status = 503}, "results\n");

    EXPECT_EQ(outcome.failed, delivery_cause::unknown_target);
    EXPECT_EQ(outcome.answer, "no stream takes results? (make one, or change subject)");
}

TEST(NatsVerdict, AnAnswerWithoutSenseIsNoDelivery) {
    for (auto const& answer : {sinks::nats::reply{}, sinks::nats::reply{.payload = "+OK"},
                               sinks::nats::reply{.status = 404, .payload = R"({"stream":"R","seq":7})"}})
        EXPECT_EQ(outcome_of(answer, "results").failed, delivery_cause::protocol);
}

TEST(NatsVerdict, ErrorsOfJetStreamAreToldApart) {
    struct row {
        std::string error;
        delivery_cause cause;
        hint then{hint::none};
    };
    auto const rows = std::vector<row>{
        {R"("code":400,"err_code":10054,"description":"message size exceeds maximum allowed")",
         delivery_cause::too_large, hint::park},
        {R"("code":400,"err_code":10097,"description":"header size exceeds maximum allowed of 64k")",
         delivery_cause::too_large, hint::park},
        {R"("code":404,"err_code":10059,"description":"stream not found")", delivery_cause::unknown_target},
        {R"("code":503,"err_code":10077,"description":"maximum messages exceeded")", delivery_cause::unavailable},
        {R"("code":503,"err_code":10023,"description":"insufficient resources")", delivery_cause::unavailable},
        {R"("code":503,"err_code":10076,"description":"jetstream not enabled")", delivery_cause::unavailable},
        {R"("code":400,"err_code":10109,"description":"invalid operation on sealed stream")",
         delivery_cause::unavailable},
        {R"("code":400,"err_code":10002,"description":"resource limits exceeded for account")",
         delivery_cause::unavailable},
        {R"("code":409,"err_code":10158,"description":"duplicate message id is in process")",
         delivery_cause::unavailable},
        {R"("code":429,"err_code":10167,"description":"too many requests")", delivery_cause::unavailable},
        {R"("code":401,"err_code":1,"description":"no")", delivery_cause::unauthorized},
        {R"("code":400,"err_code":10071,"description":"wrong last sequence: 1")", delivery_cause::protocol},
    };
    for (auto const& [error, cause, then] : rows) {
        auto const outcome = outcome_of({.payload = "{\"error\":{" + error + "}}"}, "results");

        EXPECT_EQ(outcome.failed, cause) << error;
        EXPECT_EQ(outcome.then, then) << error;
    }
}

TEST(NatsVerdict, ErrorsOfTheServerAreToldApart) {
    struct row {
        std::string error;
        delivery_cause cause;
        std::string advice{};
    };
    auto const rows = std::vector<row>{
        {"Authorization Violation", delivery_cause::unauthorized, "credentials_file"},
        {"authorization violation", delivery_cause::unauthorized},
        {"User Authentication Expired", delivery_cause::unauthorized, "new JWT"},
        {"Authentication Timeout", delivery_cause::unauthorized},
        {"Permissions Violation for Publish to \"results\"", delivery_cause::unauthorized, "publish"},
        {"Permissions Violation for Subscription to \"_INBOX.x.*\"", delivery_cause::unauthorized, "_INBOX"},
        {"Maximum Payload Violation", delivery_cause::reset, "one of them"},
        {"maximum connections exceeded", delivery_cause::unavailable},
        {"maximum account active connections exceeded", delivery_cause::unavailable},
        {"Secure Connection - TLS Required", delivery_cause::tls, "tls://"},
        {"Stale Connection", delivery_cause::reset},
        {"Unknown Protocol Operation", delivery_cause::protocol},
        {"", delivery_cause::protocol},
    };
    for (auto const& [error, cause, advice] : rows) {
        auto const outcome = outcome_of_error(error);

        EXPECT_EQ(outcome.failed, cause) << error;
        EXPECT_THAT(outcome.answer, HasSubstr(error));
        EXPECT_THAT(outcome.answer, HasSubstr(advice));
    }
}

TEST(NatsVerdict, ARefusedSubjectIsNamed) {
    EXPECT_EQ(sinks::nats::refused_subject("Permissions Violation for Publish to \"a.b\""), "a.b");
    EXPECT_EQ(sinks::nats::refused_subject("Permissions Violation for Subscription to \"a.b\""), std::nullopt);
    EXPECT_EQ(sinks::nats::refused_subject(""), std::nullopt);
}

TEST(NatsVerdict, AStreamIsMissingWhenNoneIsNamed) {
    using sinks::nats::problem_of_streams;
    EXPECT_EQ(problem_of_streams({.payload = R"({"streams":["R"]})"}, "s"), std::nullopt);
    EXPECT_EQ(problem_of_streams({.payload = R"({"streams":null})"}, "s")->failed, delivery_cause::unknown_target);
    EXPECT_THAT(problem_of_streams({.status = 503}, "s")->answer, HasSubstr("JetStream is not enabled"));
    EXPECT_EQ(problem_of_streams({.payload = "x"}, "s")->failed, delivery_cause::protocol);
}

TEST(NatsVerdict, WhatIsTooLargeIsParked) {
    auto const outcome = sinks::nats::too_large(2000, 1000);

    EXPECT_EQ(outcome.failed, delivery_cause::too_large);
    EXPECT_EQ(outcome.then, hint::park);
    EXPECT_THAT(outcome.answer, HasSubstr("2000 bytes"));
}

}  // namespace
}  // namespace voicehook::testing
