#include "stage.hpp"

#include "watched_store.hpp"

#include <boost/asio/co_spawn.hpp>

namespace voicehook::simulation {
namespace {

/// Everything must have come to its end so long after the last fault: retries for a day, leases of jumped clocks.
constexpr duration patience = 4 * 24h;
constexpr std::uint64_t most_steps = 3'000'000;

/// One per episode: they are for one thread.
std::shared_ptr<wire::callback_tokens const> make_tokens() {
    return std::make_shared<wire::callback_tokens const>(
        std::vector{wire::callback_secret{"k1", secret{std::string(32, 'k')}}});
}

std::unique_ptr<ports::store> spoiled(sabotage const& spoil, std::unique_ptr<ports::store> sound) {
    return spoil ? spoil(std::move(sound)) : std::move(sound);
}

}  // namespace

stage::stage(episode_plan plan, trace::mode how, telemetry::metrics& metrics, storage& kept, sabotage const& spoil)
    : world_{std::move(plan), how},
      substitutes_{world_.luck, world_.lines, world_.time},
      kept_{kept},
      store_{open_outside(spoil)},
      provider_{world_},
      tokens_{make_tokens()},
      parts_{world_,    [&kept, spoil](life& process) { return spoiled(spoil, kept.open(process)); },
             provider_, metrics,
             tokens_,   world_.rules.sinks},
      places_(world_.rules.replicas),
      callers_{world_, [this] { return any_replica(); }} {
    provider_.call = [this](std::string segment, std::string body, provider_model::answer_function answered) {
        auto* const there = any_replica();
        if (there == nullptr)
            answered(std::nullopt);
        else
            there->receive_callback(std::move(segment), std::move(body), std::move(answered));
    };
}

std::unique_ptr<ports::store> stage::open_outside(sabotage const& spoil) {
    kept_.begin(world_);
    return spoiled(spoil, kept_.open(io_));
}

stage::~stage() {
    for (auto& where : places_) where.now.reset();
}

template <class T>
T stage::run(awaitable<T> work) {
    auto value = std::optional<T>{};
    auto thrown = std::exception_ptr{};
    asio::co_spawn(io_, std::move(work), [&](std::exception_ptr error, T outcome) {
        thrown = error;
        value.emplace(std::move(outcome));
    });
    io_.restart();
    io_.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(value.value());
}

template <>
void stage::run(awaitable<void> work) {
    auto thrown = std::exception_ptr{};
    asio::co_spawn(io_, std::move(work), [&thrown](std::exception_ptr error) { thrown = error; });
    io_.restart();
    io_.run();
    if (thrown) std::rethrow_exception(thrown);
}

replica* stage::any_replica() {
    auto there = std::vector<replica*>{};
    for (auto const& where : places_)
        if (where.now && !where.now->stopped()) there.push_back(where.now.get());
    return there.empty() ? nullptr : world_.luck.pick(there);
}

// ---- lives ----

void stage::spawn(place& where) {
    if (where.now) return;
    give_back_leases(where);
    world_.book.use_routes(parts_.routes);
    auto const skew = world_.luck.between(0ms, 2 * world_.rules.longest_offset) - world_.rules.longest_offset;
    auto const rate = clock_step_ == duration::zero() ? 1.0 : world_.luck.pick(std::vector{0.99, 1.0, 1.01});
    auto const owner = lease_owner{fmt::format("life-{}", ++replica_lives_)};
    where.now = std::make_unique<replica>(parts_, owner, clock_error{.offset = skew + clock_step_, .rate = rate});
    where.now->process().on_passage = [this, &where] {
        if (!world_.strikes(fault::crash_between_steps)) return false;
        kill(where, "between two steps");
        return true;
    };
    world_.lines.note(world_.time.now(), "{} begins, clock off by {} ms", owner.value(), (skew + clock_step_).count());
    where.now->start();
}

void stage::kill(place& where, std::string_view why) {
    if (!where.now) return;
    world_.lines.note(world_.time.now(), "{} dies: {}", where.now->owner().value(), why);
    world_.book.owner_died(where.now->owner());
    where.before.push_back(where.now->owner());
    where.now.reset();
    run(check_conservation(*store_, world_.book));
    world_.time.after(world_.luck.between(10ms, 30s), [this, &where] { spawn(where); });
}

/// A single replica's store knows at its start that every lease is a dead owner's. Those who share one take
/// over from it once they have missed it.
void stage::give_back_leases(place& where) {
    if (world_.rules.leases() == lease_time::shared) return;
    auto const lost =
        world_.rules.replay == core::replay_mode::never ? std::nullopt : std::optional{world_.rules.replay_after};
    auto const now = world_.time.now() + clock_step_;
    for (auto const& owner : std::exchange(where.before, {}))
        static_cast<void>(run(release_and_tell(*store_, world_.book, owner, lost, now)));
}

void stage::restart_gracefully(place& where) {
    world_.lines.note(world_.time.now(), "{} is asked to stop", where.now->owner().value());
    auto const owner = where.now->owner();
    where.now->stop();
    world_.time.after(35s, [this, &where, owner] {
        if (where.now && where.now->owner() == owner) kill(where, "after its drain");
    });
}

// ---- what happens to them ----

void stage::begin() {
    for (auto& where : places_) spawn(where);
    callers_.begin();
    plan_mischief();
    world_.time.after(world_.rules.busy_for, [this] { calm_down(); });
}

void stage::plan_mischief() {
    if (world_.sky == weather::calm) return;
    world_.time.after(world_.luck.between(1s, world_.rules.busy_for / 10), [this] {
        mischief();
        plan_mischief();
    });
}

void stage::mischief() {
    auto& where = places_[world_.luck.below(places_.size())];
    if (where.now && world_.strikes(fault::crash)) kill(where, "kill -9");
    if (where.now && !where.now->process().paused() && world_.strikes(fault::graceful_restart))
        restart_gracefully(where);
    if (where.now && world_.strikes(fault::pause)) {
        auto const until = world_.time.now() + world_.luck.between(1s, 5min);
        world_.lines.note(world_.time.now(), "{} stands still until {}", where.now->owner().value(), to_rfc3339(until));
        where.now->process().pause_until(until);
        world_.book.stood_still(until - world_.time.now());
    }
    auto const one_configuration = places_.size() == 1 && world_.rules.sinks.size() > 1;
    if (where.now && one_configuration && world_.strikes(fault::sink_removed)) change_sinks(where);
    if (world_.strikes(fault::sink_outage)) begin_outage();
    if (world_.strikes(fault::clock_jump)) {
        clock_step_ = world_.luck.between(0ms, 2h) - 1h;
        world_.book.clocks_jumped();
    }
    if (where.now && world_.strikes(fault::operator_meddles)) where.now->tend();
    if (world_.strikes(fault::sessions_end)) kept_.end_sessions();
}

/// Another configuration takes a restart here; with several replicas they would disagree for a while.
void stage::change_sinks(place& where) {
    parts_.routes = world_.rules.sinks;
    if (world_.luck.chance(0.7)) parts_.routes.pop_back();
    world_.lines.note(world_.time.now(), "{} sinks are configured", parts_.routes.size());
    kill(where, "to start with other sinks");
}

/// A sink stays down for longer than anything is tried, unless that is a day: the storm does not end it.
void stage::begin_outage() {
    auto names = std::vector{sink_name{std::string{core::callback_url_sink}}};
    for (auto const& route : world_.rules.sinks) names.push_back(route.name);
    auto const sink = world_.luck.pick(names);
    if (world_.is_down(sink)) return;
    auto const tried = std::min<duration>(world_.rules.deliveries.give_up_after, 1h);
    auto const span = tried + world_.luck.between(15min, 30min + tried);
    world_.lines.note(world_.time.now(), "{} is down for {} min", sink.value(), span / 1min);
    world_.down_until[sink] = world_.time.now() + span;
    world_.book.sink_went_down(sink);
    world_.time.after(span, [this, sink] { world_.book.sink_came_back(sink); });
}

void stage::tend() {
    world_.time.after(world_.luck.between(1min, 30min), [this] {
        if (auto* const there = any_replica(); there != nullptr && !there->process().paused()) there->tend();
        tend();
    });
}

void stage::calm_down() {
    world_.sky = weather::calm;
    world_.book.calmed_down();
    world_.lines.note(world_.time.now(), "the storm is over");
    provider_.finish_everything();
    // What a start does not read again, nothing else would now.
    for (auto& where : places_)
        if (world_.luck.chance(0.5)) kill(where, "with the last gust");
    tend();
}

bool stage::quiet() const {
    auto const& book = world_.book;
    return world_.sky == weather::calm && !callers_.busy() && book.open_tasks() == 0 &&
           book.waiting_deliveries() == 0 && book.open_disputes() == 0 && book.running_replays() == 0;
}

void stage::play_until(std::function<bool()> const& over, instant limit) {
    while (!world_.book.broken() && !over() && world_.time.now() < limit && world_.time.steps() < most_steps)
        if (!world_.time.step()) return;
}

void stage::play() {
    begin();
    play_until([this] { return quiet(); }, world_.time.now() + world_.rules.busy_for + patience);
    if (!world_.book.broken() && !quiet()) complain_of_what_is_left();
    // Late messages find what retention has left.
    auto const short_lived = world_.rules.retention < 24h && world_.luck.chance(0.2);
    if (short_lived) play_until([] { return false; }, world_.time.now() + world_.rules.retention + 1h);
    check();
}

void stage::complain_of_what_is_left() {
    auto const& book = world_.book;
    for (auto const& [id, known] : book.tasks()) {
        if (!known.end)
            world_.book.violated("every stage has a way out", id, fmt::format("it stays {}", to_text(known.stage)));
        else if (known.quarrel == core::dispute::settling || known.quarrel == core::dispute::disputed)
            world_.book.violated("every stage has a way out", id, fmt::format("it stays {}", to_text(known.quarrel)));
    }
    for (auto const& [id, known] : book.deliveries())
        if (known.state == core::delivery_state::pending || known.state == core::delivery_state::delivering)
            world_.book.violated("every ended task is delivered or parked", known.task, id.value());
    for (auto const& [id, known] : book.replays())
        if (known.item.state == ports::replay_state::running)
            world_.book.violated("a replay comes to its end", task_id{}, id.value());
    if (!book.broken())
        world_.book.violated("everything comes to an end", task_id{},
                             fmt::format("open {}, waiting {}, disputes {} after {} steps", book.open_tasks(),
                                         book.waiting_deliveries(), book.open_disputes(), world_.time.steps()));
}

void stage::check() {
    for (auto& where : places_) where.now.reset();
    if (!world_.book.broken()) run(check_everything(*store_, world_.book));
}

episode_report stage::report() {
    auto made = episode_report{.seed = world_.rules.seed,
                               .lives = world_.book.lives(),
                               .replica_lives = replica_lives_,
                               .deliveries = world_.book.deliveries().size(),
                               .replays = world_.book.replays().size(),
                               .acknowledged = provider_.callbacks_acknowledged(),
                               .steps = world_.time.steps(),
                               .fingerprint = world_.luck.next() ^ world_.time.steps(),
                               .happened = world_.happened,
                               .broken = world_.book.broken()};
    for (auto const& [id, known] : world_.book.tasks()) made.creates += known.creates;
    for (auto const& [id, known] : world_.book.deliveries()) made.copies += known.copies;
    for (auto const& [id, known] : world_.book.replays()) made.replayed += known.made_due.size();
    if (world_.lines.on()) made.lines = world_.lines.lines_of(made.broken ? made.broken->task : task_id{});
    return made;
}

episode_report play(episode_plan plan, trace::mode how, telemetry::metrics& metrics, storage& kept,
                    sabotage const& spoil) {
    auto scene = stage{std::move(plan), how, metrics, kept, spoil};
    scene.play();
    return scene.report();
}

}  // namespace voicehook::simulation
