#include "http/router.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace voicehook::http {
namespace {

route make_route(std::string method, std::string pattern) {
    return route{.method = std::move(method), .pattern = std::move(pattern)};
}

router task_routes() {
    return router{{make_route("GET", "/"), make_route("GET", "/v1/tasks"), make_route("POST", "/v1/tasks"),
                   make_route("GET", "/v1/tasks/{id}"), make_route("GET", "/v1/tasks/{id}/events"),
                   make_route("GET", "/v1/tasks/summary"), make_route("POST", "/callbacks/v1/{token}")}};
}

std::string pattern_of(match const& where) { return where.found == nullptr ? "" : where.found->pattern; }

TEST(Router, PathsLeadToPatterns) {
    struct row {
        char const* method;
        char const* path;
        char const* pattern;
        std::vector<std::string> parameters;
    };
    auto const rows = std::vector<row>{
        {"GET", "/", "/", {}},
        {"GET", "/v1/tasks", "/v1/tasks", {}},
        {"POST", "/v1/tasks", "/v1/tasks", {}},
        {"GET", "/v1/tasks/task-1", "/v1/tasks/{id}", {"task-1"}},
        {"GET", "/v1/tasks/task-1/events", "/v1/tasks/{id}/events", {"task-1"}},
        {"GET", "/v1/tasks/a%2Fb%20c", "/v1/tasks/{id}", {"a/b c"}},
        {"GET", "/v1/tasks/a+b", "/v1/tasks/{id}", {"a+b"}},
        {"POST", "/callbacks/v1/task-1.k1.mac", "/callbacks/v1/{token}", {"task-1.k1.mac"}},
    };

    auto const routes = task_routes();
    for (auto const& [method, path, pattern, parameters] : rows) {
        auto const where = routes.find(method, path);

        EXPECT_EQ(pattern_of(where), pattern) << method << " " << path;
        EXPECT_EQ(where.parameters, parameters) << method << " " << path;
    }
}

TEST(Router, WhatIsNotThereIsNotFound) {
    auto const routes = task_routes();
    for (auto const* path : {"/v1", "/v1/", "/v1/tasks/", "//v1/tasks", "/v1//tasks", "/v1/tasks/a/b",
                             "/v1/tasks/a/events/", "/V1/tasks", "/%761/tasks", "/v1/tasks/./x", "/callbacks/v1/"}) {
        auto const where = routes.find("GET", path);

        EXPECT_EQ(where.found, nullptr) << path;
        EXPECT_EQ(where.status, 404) << path;
    }
}

TEST(Router, ALiteralSegmentBeatsAParameter) {
    EXPECT_EQ(pattern_of(task_routes().find("GET", "/v1/tasks/summary")), "/v1/tasks/summary");
}

TEST(Router, HeadIsServedByGet) {
    EXPECT_EQ(pattern_of(task_routes().find("HEAD", "/v1/tasks/task-1")), "/v1/tasks/{id}");
}

TEST(Router, AnotherMethodIsToldWhatIsAllowed) {
    auto const routes = task_routes();

    auto const both = routes.find("DELETE", "/v1/tasks");
    auto const post_only = routes.find("GET", "/callbacks/v1/x");

    EXPECT_EQ(both.status, 405);
    EXPECT_EQ(both.allow, "GET, HEAD, POST");
    EXPECT_EQ(post_only.status, 405);
    EXPECT_EQ(post_only.allow, "POST");
    EXPECT_EQ(routes.find("HEAD", "/callbacks/v1/x").status, 405);
}

TEST(Router, BrokenEscapesInParametersAreBadRequests) {
    auto const routes = task_routes();
    for (auto const* path : {"/v1/tasks/%", "/v1/tasks/%4", "/v1/tasks/%zz", "/v1/tasks/a%00b", "/v1/tasks/a%0d%0ab"}) {
        auto const where = routes.find("GET", path);

        EXPECT_EQ(where.found, nullptr) << path;
        EXPECT_EQ(where.status, 400) << path;
    }
}

TEST(Router, GuardsSeeEveryPathBelowTheirPrefixWhetherARouteExistsOrNot) {
    auto const refuse = [](request&) { return std::optional{response{.status = 401}}; };
    auto const routes = router{{make_route("GET", "/ops/v1/tasks")}, {guard{"/ops/v1", refuse}}};
    auto const refused = [&routes](char const* path) {
        auto item = request{.method = "GET", .path = path};
        return routes.check_guards(item).has_value();
    };

    EXPECT_TRUE(refused("/ops/v1"));
    EXPECT_TRUE(refused("/ops/v1/tasks"));
    EXPECT_TRUE(refused("/ops/v1/no/such/route"));
    EXPECT_FALSE(refused("/ops/v10"));
    EXPECT_FALSE(refused("/ops/"));
    EXPECT_FALSE(refused("/metrics"));
}

TEST(Router, AGuardMayNameThePrincipal) {
    auto const name = [](request& item) {
        item.principal = "ann";
        return std::optional<response>{};
    };
    auto const routes = router{{}, {guard{"/", name}}};
    auto item = request{.method = "GET", .path = "/anything"};

    auto const refused = routes.check_guards(item);

    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(item.principal, "ann");
}

TEST(Router, ARefusalCountsAsWhatItsGuardSays) {
    auto const refuse = [](request&) { return std::optional{response{.status = 403}}; };
    auto const routes = router{{}, {guard{"/a/", refuse, refusal_reason::cross_site}, guard{"/", refuse}}};
    auto below_a = request{.method = "GET", .path = "/a/b"};
    auto elsewhere = request{.method = "GET", .path = "/b"};

    auto const first = routes.check_guards(below_a);
    auto const second = routes.check_guards(elsewhere);

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->reason, refusal_reason::cross_site);
    EXPECT_EQ(first->answer.status, 403);
    EXPECT_EQ(second->reason, refusal_reason::unauthorized);
}

TEST(Router, ErrorsAreProblemDocumentsUnlessTheListenerRendersItsOwn) {
    auto const own = [](int status, std::string_view, std::string_view) { return response{.status = status}; };

    auto const usual = router{{}}.error(404, "not_found", "There is nothing here.");
    auto const special = router({}, {}, own).error(404, "not_found", "There is nothing here.");

    EXPECT_EQ(usual.status, 404);
    EXPECT_EQ(usual.content_type, "application/problem+json");
    EXPECT_NE(usual.body.find("not_found"), std::string::npos) << usual.body;
    EXPECT_TRUE(special.body.empty());
}

TEST(Request, QueryParametersAreDecodedInTheirOrder) {
    auto item = request{.query = "status=failed&status=completed&a%20b=c%26d&&empty=&bare"};

    auto const pairs = item.query_parameters();

    using pair = std::pair<std::string, std::string>;
    ASSERT_TRUE(pairs.has_value());
    EXPECT_EQ(*pairs, (std::vector<pair>{
                          {"status", "failed"}, {"status", "completed"}, {"a b", "c&d"}, {"empty", ""}, {"bare", ""}}));
    item.query = "a=%4";
    EXPECT_FALSE(item.query_parameters().has_value());
}

TEST(Request, HeadersAreFoundInAnyLetterCase) {
    auto const item = request{.headers = {{"Content-Type", "a"}, {"content-type", "b"}}};

    EXPECT_EQ(item.header("CONTENT-TYPE"), "a");
    EXPECT_FALSE(item.header("Content").has_value());
}

}  // namespace
}  // namespace voicehook::http
