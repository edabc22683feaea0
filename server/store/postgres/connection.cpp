#include "store/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

namespace voicehook::store::postgres {
namespace {

/// How often somebody who may want a wait to end is asked.
constexpr duration glance = 100ms;
/// The form of values and results.
constexpr int binary = 1;

/// What each session begins with. A transaction that its process no longer attends to, because it was stopped or its
/// machine is gone, must not keep rows locked; what nobody waits for any more must not run on; plans made for an empty
/// table must not outlive its growth.
constexpr auto session_script = R"(
    SET search_path = voicehook;
    SET client_min_messages = warning;
    SET idle_in_transaction_session_timeout = '3s';
    SET lock_timeout = '500ms';
    SET client_connection_check_interval = '1s';
    SET plan_cache_mode = force_generic_plan;
    SET jit = off;
    SET enable_seqscan = off;
)";

std::string one_line(std::string_view text) {
    auto line = std::string{text.substr(0, text.find_last_not_of(" \n") + 1)};
    std::ranges::replace(line, '\n', ' ');
    return line;
}

using url_parts = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

/// Empty where the URL says nothing.
std::string_view part_of(url_parts const& parts, std::string_view keyword) {
    for (auto const* part = parts.get(); part->keyword != nullptr; ++part)
        if (part->keyword == keyword && part->val != nullptr) return part->val;
    return {};
}

/// What libpq has to say of a URL that it cannot read quotes it, password and all: then we say it.
url_parts parts_of(std::string const& url) {
    auto parts = url_parts{PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree};
    auto const is_odd = parts && (part_of(parts, "host").find('@') != std::string_view::npos ||
                                  part_of(parts, "dbname").find('@') != std::string_view::npos ||
                                  part_of(parts, "port").find_first_not_of("0123456789,") != std::string_view::npos);
    if (parts && !is_odd) return parts;
    throw database_error{trouble::refused,
                         {},
                         "store.url is not a URL as libpq has them: postgresql://user:password@host:port/database, "
                         "with %-codes for whatever in the password is neither a letter nor a digit"};
}

/// What stands between commas; one empty text when there is none.
std::vector<std::string> split(std::string_view list) {
    auto items = std::vector<std::string>{};
    for (auto comma = list.find(','); comma != std::string_view::npos; comma = list.find(',')) {
        items.emplace_back(list.substr(0, comma));
        list.remove_prefix(comma + 1);
    }
    items.emplace_back(list);
    return items;
}

bool names_this_machine(std::string_view host) {
    return host.empty() || host.starts_with('/') || host == "localhost" || host == "127.0.0.1" || host == "::1";
}

/// Whether what goes there certainly never leaves this machine.
bool is_local(url_parts const& parts) {
    auto const is_named_elsewhere =
        !part_of(parts, "service").empty() || std::getenv("PGHOST") != nullptr || std::getenv("PGHOSTADDR") != nullptr;
    return !is_named_elsewhere && std::ranges::all_of(split(part_of(parts, "host")), names_this_machine) &&
           std::ranges::all_of(split(part_of(parts, "hostaddr")), names_this_machine);
}

/// What an error of the server says, without its details: those quote values.
database_error error_of(PGresult const* result, std::string_view sql) {
    auto const field = [result](int code) {
        auto const* const text = PQresultErrorField(result, code);
        return std::string{text == nullptr ? "" : text};
    };
    auto state = field(PG_DIAG_SQLSTATE);
    auto const first_words = one_line(sql.substr(sql.find_first_not_of(" \n"), 60));
    auto const what = fmt::format("{} (PostgreSQL {}) at \"{}…\"", field(PG_DIAG_MESSAGE_PRIMARY), state, first_words);
    return {trouble_of(state), std::move(state), what};
}

}  // namespace

bool takes_connections(address const& where) {
    auto const keywords = std::array{"connect_timeout", "dbname", static_cast<char const*>(nullptr)};
    auto const values = std::array{"2", where.url.c_str(), static_cast<char const*>(nullptr)};
    auto const answer = PQpingParams(keywords.data(), values.data(), 1);
    return answer == PQPING_OK || answer == PQPING_NO_ATTEMPT;  // the latter: the URL is nonsense
}

void connection::closed::operator()(pg_conn* handle) const noexcept { PQfinish(handle); }
void connection::cleared::operator()(pg_result* result) const noexcept { PQclear(result); }

connection::connection(address const& where, deadline until) : until_{until} {
    connect(where);
    execute(session_script);
}

/// Each host of the URL gets its share of the time: one that says nothing must not keep us from the next.
void connection::connect(address const& where) {
    auto const parts = parts_of(where.url);
    auto const is_list = part_of(parts, "host").contains(',') && part_of(parts, "hostaddr").empty();
    auto const hosts = split(is_list ? part_of(parts, "host") : "");
    auto const ports = split(is_list ? part_of(parts, "port") : "");
    auto const whole = until_;
    for (auto at = std::size_t{0}; at < hosts.size(); ++at) {
        auto const is_last = at + 1 == hosts.size();
        auto const& port = ports.size() == hosts.size() ? ports[at] : ports.front();
        until_ = whole.within(whole.left() / static_cast<duration::rep>(hosts.size() - at));
        try {
            connect(where, is_local(parts) ? "prefer" : "require", hosts[at], port);
            break;
        } catch (database_error const&) {
            if (is_last) throw;
        }
    }
    until_ = whole;
}

void connection::connect(address const& where, char const* encryption, std::string const& host,
                         std::string const& port) {
    // Those before the URI are defaults that it may change, those after it are not its to change; empty ones count not.
    auto const password = where.password.reveal();
    auto const keywords = std::array{"application_name",
                                     "target_session_attrs",
                                     "sslmode",
                                     "keepalives_idle",
                                     "keepalives_interval",
                                     "keepalives_count",
                                     "dbname",
                                     "host",
                                     "port",
                                     "password",
                                     "client_encoding",
                                     static_cast<char const*>(nullptr)};
    auto const values = std::array{"voicehook",
                                   "read-write",
                                   encryption,
                                   "10",
                                   "5",
                                   "3",
                                   where.url.c_str(),
                                   host.c_str(),
                                   port.c_str(),
                                   password.c_str(),
                                   "UTF8",
                                   static_cast<char const*>(nullptr)};
    handle_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
    if (!handle_) throw std::bad_alloc{};
    auto progress = PGRES_POLLING_WRITING;
    while (progress != PGRES_POLLING_OK) {
        if (PQstatus(handle_.get()) == CONNECTION_BAD || progress == PGRES_POLLING_FAILED) throw_lost("connect");
        wait_for(progress == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        progress = PQconnectPoll(handle_.get());
    }
    if (PQsetnonblocking(handle_.get(), 1) != 0) throw_lost("connect");
}

bool connection::in_transaction() const noexcept { return PQtransactionStatus(handle_.get()) != PQTRANS_IDLE; }

void connection::throw_lost(std::string_view doing) const {
    throw database_error{trouble::lost, {}, fmt::format("{}: {}", doing, one_line(PQerrorMessage(handle_.get())))};
}

void connection::must(int accepted) const {
    if (accepted == 0) throw_lost("send");
}

void connection::wait_for(int events) {
    for (;;) {
        if (interrupted_ && interrupted_()) throw database_error{trouble::lost, {}, "the store closes"};
        auto const left = until_.left();
        if (left == duration::zero()) throw database_error{trouble::lost, {}, "PostgreSQL did not answer in time"};
        auto const limit = interrupted_ ? std::min(left, glance) : left;
        auto watched = pollfd{PQsocket(handle_.get()), static_cast<short>(events), 0};
        auto const ready = ::poll(&watched, 1, static_cast<int>(std::min<duration::rep>(limit.count(), 60'000)));
        if (ready > 0) return;
        if (ready < 0 && errno != EINTR) throw_lost("wait");
    }
}

void connection::flush() {
    for (;;) {
        auto const left_over = PQflush(handle_.get());
        if (left_over < 0) throw_lost("send");
        if (left_over == 0) return;
        wait_for(POLLIN | POLLOUT);  // the server may want to be read before it reads on
        if (PQconsumeInput(handle_.get()) == 0) throw_lost("receive");
    }
}

connection::owned_result connection::next_result() {
    while (PQisBusy(handle_.get()) != 0) {
        wait_for(POLLIN);
        if (PQconsumeInput(handle_.get()) == 0) throw_lost("receive");
    }
    return owned_result{PQgetResult(handle_.get())};
}

void connection::compile(request const& each) {
    auto const& name = names_.emplace(each.sql, fmt::format("s{}", named_++)).first->second;
    must(PQsendPrepare(handle_.get(), name.c_str(), each.sql.c_str(), static_cast<int>(each.values.count()),
                       each.values.types().data()));
}

void connection::send(request const& each) {
    auto const count = static_cast<int>(each.values.count());
    auto const pointers = each.values.pointers();
    auto const lengths = each.values.lengths();
    auto const formats = std::vector<int>(each.values.count(), binary);
    must(PQsendQueryPrepared(handle_.get(), names_.at(each.sql).c_str(), count, pointers.data(), lengths.data(),
                             formats.data(), binary));
}

/// The result of one statement of a pipeline.
connection::answer connection::next_answer(std::string_view sql) {
    auto given = answer{.result = next_result()};
    if (!given.result) throw_lost("receive");
    given.is_good = PQresultStatus(given.result.get()) != PGRES_FATAL_ERROR &&
                    PQresultStatus(given.result.get()) != PGRES_PIPELINE_ABORTED;
    if (PQresultStatus(given.result.get()) == PGRES_FATAL_ERROR) given.error = error_of(given.result.get(), sql);
    static_cast<void>(next_result());  // the end of this statement
    return given;
}

std::vector<result_rows> connection::run(std::vector<request> requests) {
    auto const skipped = first_ ? 1 : 0;
    if (auto first = std::exchange(first_, std::nullopt)) requests.insert(requests.begin(), std::move(*first));
    must(PQenterPipelineMode(handle_.get()));
    auto compiling = std::vector<bool>{};
    for (auto const& each : requests) {
        auto const is_new = !names_.contains(each.sql);
        compiling.push_back(is_new);
        if (is_new) compile(each);
        send(each);
    }
    must(PQpipelineSync(handle_.get()));
    flush();

    auto found = std::vector<result_rows>{};
    auto failed = std::optional<database_error>{};
    for (auto at = std::size_t{0}; at < requests.size(); ++at) {
        auto const& sql = requests[at].sql;
        if (compiling[at]) {
            auto compiled = next_answer(sql);
            if (!compiled.is_good) names_.erase(sql);
            if (compiled.error && !failed) failed = std::move(compiled.error);
        }
        auto given = next_answer(sql);
        if (given.error && !failed) failed = std::move(given.error);
        found.emplace_back(given.result.release());
    }
    static_cast<void>(next_result());  // the synchronisation
    if (PQexitPipelineMode(handle_.get()) == 0 || PQstatus(handle_.get()) == CONNECTION_BAD) throw_lost("receive");
    if (failed) throw database_error{*failed};
    found.erase(found.begin(), found.begin() + skipped);
    return found;
}

result_rows connection::run(request one) {
    auto requests = std::vector<request>{};
    requests.push_back(std::move(one));
    return std::move(run(std::move(requests)).front());
}

void connection::execute(std::string const& script) {
    if (first_) static_cast<void>(run(std::vector<request>{}));
    must(PQsendQuery(handle_.get(), script.c_str()));
    flush();
    auto failed = std::optional<database_error>{};
    for (auto result = next_result(); result; result = next_result())
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR && !failed) failed = error_of(result.get(), script);
    if (PQstatus(handle_.get()) == CONNECTION_BAD) throw_lost("receive");
    if (failed) throw database_error{*failed};
}

}  // namespace voicehook::store::postgres
