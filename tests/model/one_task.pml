/* One task on two replicas that share a store, from submission to delivery: what may be lost, repeated, killed or paused at
   any moment, and what must hold all the same. Each step names the function that does it. ./dev model compiles it as it is,
   and with a mistake: NEW_KEY, ANSWER_FIRST, NO_FENCING, MARK_FIRST or NO_QUERIES. */
#ifndef TROUBLES
#define TROUBLES 3  /* crashes, lost answers and callbacks, pauses beyond a lease, refusals of the sink: together */
#endif

mtype = { queued, submitting, unknown, in_flight, ended,  /* core/task.hpp: task_state */
          none, pending, delivering, delivered };         /* core/delivery.hpp: delivery_state */

/* The store: each change is one atomic step, as each operation of ports/store.hpp is one synced transaction. */
mtype stage = queued, delivery = none;
byte token, delivery_token;                     /* task::lease_token, delivery::lease_token */
bool orphaned, querying, delivery_orphaned;     /* a lease whose holder died; a query's lease */
/* The outside: whether the provider knows the key, its bill, what the sink took, what was answered with 2xx. */
bool known, done, answered;
byte paid, taken, troubles;

#define TROUBLE troubles < TROUBLES -> troubles++
#define MAY_CRASH(what) if :: TROUBLE; what; mine = 0; goto idle :: true fi
#define MAY_LOSE(what) if :: TROUBLE; what :: true fi

/* core/lifecycle: draft::end; store/changes.cpp: write_step inserts the deliveries in the same transaction. */
inline end_task() { assert(stage != ended && delivery == none); stage = ended; delivery = pending }

active [2] proctype submit() {  /* flows/submit.cpp */
    byte mine; bool ok;
idle:
    do
    :: atomic { stage == queued || stage == unknown ->  /* claim_submissions → core: submission_claimed */
           stage = submitting; token++; mine = token; orphaned = false }
       atomic {
           MAY_CRASH(orphaned = orphaned || (token == mine && stage == submitting));
           if  /* provider.submit: the same bytes under the same Idempotency-Key */
#ifdef NEW_KEY
           :: true -> known = true; paid++
#else
           :: !known -> known = true; paid++
           :: else  /* a replay is answered with the original task */
#endif
           fi;
           ok = true; assert(paid <= 1);
           MAY_LOSE(ok = false);
           MAY_CRASH(orphaned = orphaned || (token == mine && stage == submitting)) }
       atomic {  /* record_submission → store/task_operations.cpp: record_outcome */
           if
           :: token == mine && (stage == submitting || stage == unknown) ->
                  if :: ok -> stage = in_flight  /* core: submission_accepted */
                     :: else -> stage = unknown  /* core: submission_unknown; claimed again after replay_after */
                  fi
           :: else  /* lease_lost; or moot, a callback has ended it */
           fi;
           mine = 0; ok = false }
    :: atomic { stage == submitting && orphaned -> orphaned = false; stage = unknown }  /* lose_submission */
    :: atomic { stage == submitting && TROUBLE; stage = unknown }                       /* the same, of a sleeper */
    :: stage == in_flight || stage == ended -> break
    od
}

active proctype provider() { known -> done = true }

active [2] proctype callback() {  /* the first and its repetition: flows/intake.cpp */
    byte mine;
    done;
idle:
    if
    :: atomic { TROUBLE }  /* it never comes */
    :: true ->
#ifdef ANSWER_FIRST
       answered = true; assert(stage == ended);
#endif
       atomic { if :: stage != ended -> end_task() :: else fi }  /* record_callback → core: take_result, hear_duplicate */
       atomic { MAY_CRASH(skip);  /* no answer: the provider tries again */
           answered = true; assert(stage == ended) }
    fi
}

#ifndef NO_QUERIES
active [2] proctype reconcile() {  /* flows/reconcile.cpp */
    byte mine; bool ok;
idle:
    do
    :: atomic { stage == in_flight && !querying -> querying = true; token++; mine = token }  /* claim_queries */
       atomic { done; ok = true;  /* provider.query; "still running", 404 and errors are no verdict: asked again */
           MAY_LOSE(ok = false);
           MAY_CRASH(querying = false) }
       atomic {  /* record_query → core: learn_end */
           if :: token == mine && stage == in_flight && ok -> end_task() :: else fi;
           if :: token == mine -> querying = false :: else fi;
           mine = 0; ok = false }
    :: atomic { querying && stage == in_flight && TROUBLE; querying = false }  /* the lease of a sleeper */
    :: stage == ended -> break
    od
}
#endif

active [2] proctype dispatch() {  /* flows/dispatch.cpp */
    byte mine; bool ok;
idle:
    do
    :: atomic { delivery == pending ->  /* claim_deliveries */
           delivery = delivering; delivery_token++; mine = delivery_token; delivery_orphaned = false }
#ifdef MARK_FIRST
       atomic { delivery = delivered; assert(taken > 0) }
#endif
       atomic {
           MAY_CRASH(delivery_orphaned = delivery_orphaned || (delivery_token == mine && delivery == delivering));
           if :: TROUBLE; ok = false :: taken++; ok = true fi;  /* sink.deliver */
           MAY_LOSE(ok = false);
           MAY_CRASH(delivery_orphaned = delivery_orphaned || (delivery_token == mine && delivery == delivering)) }
       atomic {  /* record_attempt → core: decide */
           if
#ifdef NO_FENCING
           :: true ->
#else
           :: delivery_token == mine && delivery == delivering ->
#endif
                  assert(delivery != delivered);  /* nothing leaves it */
                  if :: ok -> delivery = delivered; assert(taken > 0) :: else -> delivery = pending fi
#ifndef NO_FENCING
           :: else  /* lease_lost */
#endif
           fi;
           assert(taken <= 1 + troubles);  /* a second copy has a cause */
           mine = 0; ok = false }
    :: atomic { delivery == delivering && delivery_orphaned -> delivery_orphaned = false; delivery = pending }
    :: atomic { delivery == delivering && TROUBLE; delivery = pending }
    :: delivery == delivered -> break
    od
}

/* Once troubles are over, the task ends and the sink has it. */
ltl arrives { <> (stage == ended && delivery == delivered) }
