/*
 * The core of the protocol for spin, with three voters and two regions, in three parts:
 *   REGISTER    the register alone
 *   REPLICATED  with logs, in-sync set and fast takeover; no lease at all
 *   LOCAL       with leases; no in-sync set
 * What it covers and what not: docs/reference/model.md
 *
 * One process, whose every step is one event of the real cores; there are no messages in channels.
 * What was sent stays sent: a voter may take any prepare of a round under way and any accept ever
 * sent, a region any append ever sent, at any later time, again, in any order, or never. So delay,
 * loss, duplication and reordering are all there. Who has got an answer need not act on it, so an
 * answer that is late or lost needs no step of its own; nor does a promise that nobody hears of,
 * since all it does is to refuse more.
 *
 * Ballots are 1..NB, the odd ones region 0's, the even ones region 1's; one round each. Ballot 1 is
 * the first record: epoch 1, held by region 0, both in sync, accepted by all voters.
 *
 * A log is its last entry (epoch, position). Its content follows: an epoch is begun once, by one
 * process (asserted), so the entry before begin(e) says what all logs with entries of e hold below.
 *
 * Faults: CRASHES of regions (volatile state and what was not flushed are lost, the incarnation
 * grows) and, under LOCAL, VOTER_CRASHES (the grants are forgotten).
 *
 * Broken variants, each of which must end in an assertion:
 *   REUSED_PROMISE                                                    (REGISTER)
 *   SHRINK_BEFORE_KNOWN  TAKER_NOT_IN_SYNC  ACK_OWN_FLUSH_ONLY
 *   ACK_UNFLUSHED        BEGIN_BELOW_FENCE                            (REPLICATED)
 *   NO_WAIT              VOTER_FORGETS                                (LOCAL)
 * So must REACHED, which says that no write is acknowledged in epoch 3: the model gets that far.
 */
#ifndef NB
#define NB 6
#endif
#ifndef WRITES
#define WRITES 2
#endif
#ifndef EPOCHS
#define EPOCHS 4
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef VOTER_CRASHES
#define VOTER_CRASHES 1
#endif

#define BIT(i) (1 << (i))
#define MAJORITY(count) ((count) >= 2)
#define PEER(r) (1 - (r))

/* --- the register ------------------------------------------------------------------------- */
byte promised[3] = 1;
byte accepted[3] = 1;
/* The value proposed in each ballot; origin tells changes apart, parent is what it changed. */
byte version[NB + 1];
byte epoch[NB + 1];
byte holder[NB + 1];
byte holderStart[NB + 1];
byte isr[NB + 1];
byte origin[NB + 1];
byte parent[NB + 1];
byte acceptedBy[NB + 1];  /* by how many voters, as promisedBy and grantedBy */
/* Ghosts: the change that each version is, and the highest version chosen. */
byte chosenOrigin[NB + 2];
byte chosenVersion = 1;

/* --- the regions -------------------------------------------------------------------------- */
byte start[2] = 1;        /* incarnation */
byte nextBallot[2];
byte ballot[2];           /* of the round under way, or 0 */
bit accepting[2];
byte promisedBy[2];
byte highest[2];          /* the highest accepted ballot among the promises */
byte grantedBy[2];        /* accepts that were answered */
#ifdef REGISTER
byte versionAtStart[2];   /* ghost */
#endif
byte known[2];            /* the ballot of the record known to be chosen, 0 after a start */
byte holds[2];            /* the epoch that it has begun and serves, or 0 */
byte crashes = 0;
/* Ghosts: the highest epoch in which a write was acknowledged, and each epoch begun once. */
byte newestAcknowledged = 0;
byte begun = 0;
byte begunBy = 0;         /* a bit for each epoch: which region */

/* Within one step only, so no part of the state. */
#ifndef SCRATCH
#define SCRATCH hidden byte
#endif
SCRATCH ce, cp, de, dp, has;

#ifdef REPLICATED
byte writes = 0;
/* The tree of logs: where an epoch begins, and the epoch of the entry before. */
byte beginAt[EPOCHS + 1];
byte before[EPOCHS + 1];
byte sent[EPOCHS + 1];         /* appends that left: entries of the epoch up to this position */
byte answered[EPOCHS + 1];     /* what the other region acknowledged, of the epoch, on its way */
byte acknowledged[EPOCHS + 1]; /* what a client was told is done */
byte lateFrom[EPOCHS + 1];     /* ghost: entries begun after an acknowledgement of a newer epoch */
byte lastEpoch[2] = 1;
byte last[2] = 1;
byte flushed[2] = 1;
byte fence[2] = 1;
byte fenceFlushed[2] = 1;
byte repairUntil[2];
byte required[2];         /* the union of all sets that the register may hold */
byte topEpoch = 1;
byte topRegion = 0;

/* Whether region r's log has the entry (e, p). */
inline HAS(r, e, p) {
  ce = lastEpoch[r]; cp = last[r];
  do
  :: ce > (e) -> cp = beginAt[ce] - 1; ce = before[ce]
  :: else -> break
  od;
  has = (ce == (e) && (p) <= cp && (p) >= beginAt[e])
}

/* Whether region r's log is a beginning of the one that ends with (e, p). */
inline CONTINUES(r, e, p) {
  ce = (e); cp = (p);
  do
  :: ce > lastEpoch[r] -> cp = beginAt[ce] - 1; ce = before[ce]
  :: else -> break
  od;
  has = (ce == lastEpoch[r] && last[r] <= cp)
}

/* Cuts region r's log to what it shares with the one that ends with (e, p). */
inline CUT(r, e, p) {
  ce = (e); cp = (p); de = lastEpoch[r]; dp = last[r];
  do
  :: ce == de -> break
  :: ce > de -> cp = beginAt[ce] - 1; ce = before[ce]
  :: else -> dp = beginAt[de] - 1; de = before[de]
  od;
  lastEpoch[r] = ce;
  last[r] = (cp < dp -> cp : dp)
}

/* I3: the holder of the highest begun epoch has all that was acknowledged. */
inline NOTHING_LOST() {
  de = 1;
  do
  :: de > EPOCHS -> break
  :: else ->
     if
     :: acknowledged[de] > 0 -> HAS(topRegion, de, acknowledged[de]); assert(has)
     :: else
     fi;
     de++
  od;
  de = 0
}

inline BEGIN(r, e) {
  assert(!(begun & BIT(e)));
  assert(fence[r] <= (e) && lastEpoch[r] < (e));
  begun = begun | BIT(e);
  begunBy = begunBy | ((r) << (e));
  before[e] = lastEpoch[r];
  beginAt[e] = last[r] + 1;
  lastEpoch[r] = (e);
  last[r] = last[r] + 1;
  fence[r] = (e);
  sent[e] = last[r];
  holds[r] = (e);
  repairUntil[r] = 0;
  if
  :: (e) > topEpoch -> topEpoch = (e); topRegion = r; NOTHING_LOST()
  :: else
  fi
}
#endif
#ifdef LOCAL
/*
 * What concerns a voter and each region, two bits each:
 *   GRANT   a grant of this voter to the region may still run
 *   HELD    the region counts on this voter's grant
 *   WAIT    the region begins only when this voter's grant to the other has ended
 *   TOLD    the same, as the accepts of the round under way told it
 */
byte lease[3];
#define GRANT(r) BIT(r)
#define HELD(r) BIT(2 + (r))
#define WAIT(r) BIT(4 + (r))
#define TOLD(r) BIT(6 + (r))
#define HAS_LEASE(v, bit) ((lease[v] & (bit)) != 0)
#define FORGET(bits) \
  lease[0] = lease[0] & ~(bits); lease[1] = lease[1] & ~(bits); lease[2] = lease[2] & ~(bits)
byte voterCrashes = 0;

inline BEGIN(r, e) {
  assert(!(begun & BIT(e)));
  begun = begun | BIT(e);
  begunBy = begunBy | ((r) << (e));
  holds[r] = (e)
}
#endif

/* --- the register's steps -------------------------------------------------------------------- */

#ifdef REGISTER
#define AT_START(r) versionAtStart[r] = chosenVersion
/* A round sees every version that was chosen before it began. */
#define SEES(r) assert(version[highest[r]] >= versionAtStart[r]); versionAtStart[r] = 0
#else
#define AT_START(r) skip
#define SEES(r) skip
#endif

#define END_ROUND(r) \
     ballot[r] = 0; accepting[r] = 0; promisedBy[r] = 0; highest[r] = 0; grantedBy[r] = 0

/* Whether or not another was under way: that one is given up, and its outcome unknown. */
#define START_ROUND(r) \
  :: d_step { nextBallot[r] <= NB -> \
     END_ROUND(r); NO_WAIT_TOLD(r); ballot[r] = nextBallot[r]; nextBallot[r] = nextBallot[r] + 2; AT_START(r) }

#ifdef LOCAL
#define NO_WAIT_TOLD(r) FORGET(TOLD(r))
#define KEY(v) ((promised[v] * 16 + accepted[v]) * 256 + lease[v])
#define SWAP_LEASE(v, w) ce = lease[v]; lease[v] = lease[w]; lease[w] = ce
#else
#define NO_WAIT_TOLD(r) skip
#define KEY(v) (promised[v] * 16 + accepted[v])
#define SWAP_LEASE(v, w) skip
#endif

/* Voters are alike here: keeping them in order saves five states of six. */
inline SWAP(v, w) {
  if
  :: KEY(v) > KEY(w) ->
     ce = promised[v]; promised[v] = promised[w]; promised[w] = ce;
     ce = accepted[v]; accepted[v] = accepted[w]; accepted[w] = ce;
     SWAP_LEASE(v, w)
  :: else
  fi
}
#define ORDER() SWAP(0, 1); SWAP(1, 2); SWAP(0, 1)

#ifdef REUSED_PROMISE
#define MAY_ACCEPT(v, b) (accepted[v] < (b))
#else
#define MAY_ACCEPT(v, b) (promised[v] <= (b) && accepted[v] != (b))
#endif

#define PROMISE(v, r) \
  :: d_step { ballot[r] != 0 && !accepting[r] && promised[v] < ballot[r] -> \
     promised[v] = ballot[r]; promisedBy[r]++; \
     highest[r] = (accepted[v] > highest[r] -> accepted[v] : highest[r]); ORDER() }

#define PROMISED(r) (ballot[r] != 0 && !accepting[r] && MAJORITY(promisedBy[r]))
#define MINE(r, b) (holder[b] == (r) && holderStart[b] == start[r])

#define PROPOSE(r, b, changes) \
     SEES(r); \
     version[b] = version[highest[r]] + (changes); \
     parent[b] = (changes -> origin[highest[r]] : parent[highest[r]]); \
     origin[b] = (changes -> (b) : origin[highest[r]]); \
     accepting[r] = 1; promisedBy[r] = 0; highest[r] = 0

#define SAME(r, b) \
     epoch[b] = epoch[highest[r]]; holder[b] = holder[highest[r]]; \
     holderStart[b] = holderStart[highest[r]]; isr[b] = isr[highest[r]]

#define CONFIRM(r) \
  :: d_step { PROMISED(r) -> \
     SAME(r, ballot[r]); PROPOSE(r, ballot[r], 0) }

#ifdef REPLICATED
#ifdef TAKER_NOT_IN_SYNC
#define MAY_TAKE(r) (holds[r] == 0 && !MINE(r, highest[r]) && repairUntil[r] <= last[r])
#else
#define MAY_TAKE(r) (holds[r] == 0 && !MINE(r, highest[r]) && repairUntil[r] <= last[r] \
  && (isr[highest[r]] & BIT(r)))
#endif
#endif
#ifdef LOCAL
#define MAY_TAKE(r) (holds[r] == 0 && !MINE(r, highest[r]))
#endif
#ifdef REGISTER
#define MAY_TAKE(r) (1)
#endif

/* Suspicion is only a hint, so a region may take over whenever the rules allow it. */
#define TAKE(r) \
  :: d_step { PROMISED(r) && MAY_TAKE(r) && epoch[highest[r]] < EPOCHS -> \
     epoch[ballot[r]] = epoch[highest[r]] + 1; holder[ballot[r]] = r; \
     holderStart[ballot[r]] = start[r]; \
     isr[ballot[r]] = (holder[highest[r]] == r -> isr[highest[r]] | BIT(r) : BIT(r)); \
     PROPOSE(r, ballot[r], 1) }

#ifdef LOCAL
/* How long others' grants may still run is told as it is at the accept, then the named is granted. */
#define REMAINING(v, b) \
     lease[v] = lease[v] | ((holder[b] == OWNER(b) && HAS_LEASE(v, GRANT(PEER(holder[b])))) -> \
       TOLD(OWNER(b)) : 0)
#define GRANT_NAMED(v, b) lease[v] = lease[v] | GRANT(holder[b])
#else
#define REMAINING(v, b) skip
#define GRANT_NAMED(v, b) skip
#endif

#define OWNER(b) (1 - ((b) & 1))

/* One value per version, and each made from the one before. */
inline CHECK_CHOSEN(b) {
  if
  :: MAJORITY(acceptedBy[b]) ->
     assert(chosenOrigin[version[b]] == 0 || chosenOrigin[version[b]] == origin[b]);
     assert(chosenOrigin[version[b] - 1] == 0 || chosenOrigin[version[b] - 1] == parent[b]);
     chosenOrigin[version[b]] = origin[b];
     chosenOrigin[version[b] - 1] = parent[b];
     chosenVersion = (version[b] > chosenVersion -> version[b] : chosenVersion)
  :: else
  fi
}

#define ACCEPT(v, b) \
  :: d_step { version[b] != 0 && MAY_ACCEPT(v, b) -> \
     promised[v] = (b); accepted[v] = (b); acceptedBy[b]++; \
     if \
     :: ballot[OWNER(b)] == (b) && accepting[OWNER(b)] -> grantedBy[OWNER(b)]++; REMAINING(v, b) \
     :: else \
     fi; \
     GRANT_NAMED(v, b); CHECK_CHOSEN(b); ORDER() }

#ifdef REGISTER
#define CHOSEN(r) \
  :: d_step { accepting[r] && MAJORITY(grantedBy[r]) -> END_ROUND(r) }
#define LEARN(r, b)
#define REGION(r)
#else
/* --- what a record that is known to be chosen changes in a region ----------------------------- */

#ifdef REPLICATED
#ifdef BEGIN_BELOW_FENCE
#define MAY_BEGIN(r, b) (holds[r] < epoch[b])
#else
#define MAY_BEGIN(r, b) (holds[r] < epoch[b] && fence[r] <= epoch[b])
#endif
/* Named: it begins at once, since the in-sync set fences. */
inline FOLLOW(r, b) {
  known[r] = (b);
  if
  :: MINE(r, b) && MAY_BEGIN(r, b) -> BEGIN(r, epoch[b]); required[r] = isr[b]
  :: !MINE(r, b) -> holds[r] = 0; required[r] = 0
  :: else
  fi
}
#else
inline FOLLOW(r, b) {
  if
  :: MINE(r, b) && (known[r] == 0 || epoch[b] > epoch[known[r]]) ->
     FORGET(HELD(r)); holds[r] = 0
  :: !MINE(r, b) -> FORGET(HELD(r) | WAIT(r)); holds[r] = 0
  :: else
  fi;
  known[r] = (b)
}
#endif

/* The round ended: what it chose, if it was not overtaken, is the register's value. */
#ifdef REPLICATED
#define CHOSEN(r) \
  :: d_step { accepting[r] && MAJORITY(grantedBy[r]) -> \
     if \
     :: known[r] == 0 || version[ballot[r]] > version[known[r]] -> FOLLOW(r, ballot[r]) \
     :: else \
     fi; \
     if \
     :: holds[r] != 0 && epoch[ballot[r]] == holds[r] -> required[r] = isr[ballot[r]] \
     :: else \
     fi; \
     END_ROUND(r) }
#else
#define CHOSEN(r) \
  :: d_step { accepting[r] && MAJORITY(grantedBy[r]) -> \
     if \
     :: known[r] == 0 || version[ballot[r]] > version[known[r]] -> \
        FOLLOW(r, ballot[r]); FORGET(WAIT(r)); \
        if \
        :: MINE(r, ballot[r]) -> KEEP_WAIT(0, r); KEEP_WAIT(1, r); KEEP_WAIT(2, r) \
        :: else \
        fi \
     :: else \
     fi; \
     END_ROUND(r); NO_WAIT_TOLD(r); ORDER() }
#define KEEP_WAIT(v, r) lease[v] = lease[v] | (HAS_LEASE(v, TOLD(r)) -> WAIT(r) : 0)
#endif

/* Pushed by somebody, or seen at a majority of voters: any time after it was chosen. */
#ifdef LOCAL
#define WAIT_FOR_EACH(v, r) lease[v] = lease[v] | (HAS_LEASE(v, GRANT(PEER(r))) -> WAIT(r) : 0)
#define WAIT_FOR_ALL(r, b) \
     if \
     :: MINE(r, b) -> WAIT_FOR_EACH(0, r); WAIT_FOR_EACH(1, r); WAIT_FOR_EACH(2, r) \
     :: else \
     fi
#else
#define WAIT_FOR_ALL(r, b) skip
#endif
#define LEARN(r, b) \
  :: d_step { MAJORITY(acceptedBy[b]) && ballot[r] != (b) \
       && (known[r] == 0 || version[b] > version[known[r]]) -> \
     WAIT_FOR_ALL(r, b); FOLLOW(r, b); ORDER() }

/* --- replicated: logs, in-sync set, acknowledgements ------------------------------------------ */

#ifdef REPLICATED
#define WRITE(r) \
  :: d_step { holds[r] != 0 && writes < WRITES -> \
     writes++; last[r] = last[r] + 1; sent[holds[r]] = last[r]; \
     if \
     :: newestAcknowledged > holds[r] && lateFrom[holds[r]] == 0 -> lateFrom[holds[r]] = last[r] \
     :: else \
     fi }

#define FLUSH(r) \
  :: d_step { flushed[r] < last[r] || fenceFlushed[r] < fence[r] -> \
     flushed[r] = last[r]; fenceFlushed[r] = fence[r] }

/*
 * A region takes the next entry of what was shipped in epoch e, flushed or not where it came from;
 * or cuts its own log first, and says nothing until it is where the holder was. It flushes before
 * it answers.
 */
#define ARRIVE(r, e) \
  :: d_step { beginAt[e] != 0 && ((begunBy >> (e)) & 1) != (r) && fence[r] <= (e) \
       && holds[r] < (e) && answered[e] < sent[e] -> \
     holds[r] = 0; required[r] = 0; fence[r] = (e); \
     CONTINUES(r, e, sent[e]); \
     if \
     :: !has -> CUT(r, e, sent[e]); repairUntil[r] = sent[e] \
     :: has && (lastEpoch[r] != (e) || last[r] < sent[e]) -> \
        last[r]++; lastEpoch[r] = (e); \
        do \
        :: last[r] < beginAt[lastEpoch[r]] -> lastEpoch[r] = before[lastEpoch[r]] \
        :: else -> break \
        od \
     :: else \
     fi; \
     flushed[r] = last[r]; fenceFlushed[r] = (e); \
     if \
     :: lastEpoch[r] == (e) && last[r] >= repairUntil[r] -> \
        answered[e] = (last[r] > answered[e] -> last[r] : answered[e]) \
     :: else \
     fi }

#ifdef ACK_UNFLUSHED
#define OWN(r) last[r]
#else
#define OWN(r) flushed[r]
#endif
#ifdef ACK_OWN_FLUSH_ONLY
#define COMMITTED(r) OWN(r)
#else
#define COMMITTED(r) ((required[r] & BIT(PEER(r))) && answered[holds[r]] < OWN(r) -> \
  answered[holds[r]] : OWN(r))
#endif

/* One by one, from the begin on. */
#define ACKNOWLEDGE(r) \
  :: d_step { holds[r] != 0 && COMMITTED(r) > acknowledged[holds[r]] \
       && COMMITTED(r) > beginAt[holds[r]] -> \
     acknowledged[holds[r]] = (acknowledged[holds[r]] == 0 -> beginAt[holds[r]] + 1 : \
       acknowledged[holds[r]] + 1); \
     /* I1 */ \
     assert(lateFrom[holds[r]] == 0 || acknowledged[holds[r]] < lateFrom[holds[r]]); \
     newestAcknowledged = \
       (holds[r] > newestAcknowledged -> holds[r] : newestAcknowledged); \
     NOTHING_LOST() }

#ifdef SHRINK_BEFORE_KNOWN
#define AFTER_SHRINK(r) required[r] = BIT(r)
#else
#define AFTER_SHRINK(r) skip
#endif
#define SHRINK(r) \
  :: d_step { PROMISED(r) && holds[r] != 0 && epoch[highest[r]] == holds[r] \
       && (isr[highest[r]] & BIT(PEER(r))) -> \
     SAME(r, ballot[r]); isr[ballot[r]] = BIT(r); AFTER_SHRINK(r); \
     PROPOSE(r, ballot[r], 1) }

/* Considered: from here on it counts. Then it is proposed when it has all that was acknowledged. */
#define CONSIDER(r) \
  :: d_step { holds[r] != 0 && !(required[r] & BIT(PEER(r))) \
       && answered[holds[r]] >= beginAt[holds[r]] -> \
     required[r] = 3 }
#define GROW(r) \
  :: d_step { PROMISED(r) && holds[r] != 0 && epoch[highest[r]] == holds[r] \
       && !(isr[highest[r]] & BIT(PEER(r))) && required[r] == 3 \
       && answered[holds[r]] >= beginAt[holds[r]] \
       && answered[holds[r]] >= acknowledged[holds[r]] -> \
     SAME(r, ballot[r]); isr[ballot[r]] = 3; \
     PROPOSE(r, ballot[r], 1) }

#define CRASH(r) \
  :: d_step { crashes < CRASHES -> \
     crashes++; start[r] = start[r] + 1; END_ROUND(r); \
     known[r] = 0; holds[r] = 0; required[r] = 0; \
     do \
     :: flushed[r] < beginAt[lastEpoch[r]] -> lastEpoch[r] = before[lastEpoch[r]] \
     :: else -> break \
     od; \
     last[r] = flushed[r]; fence[r] = fenceFlushed[r] }

#define REGION(r) \
  WRITE(r) FLUSH(r) ACKNOWLEDGE(r) SHRINK(r) CONSIDER(r) GROW(r) CRASH(r)
#else

/* --- local: leases and acknowledgements ------------------------------------------------------- */

#define VALID(r) \
  (HAS_LEASE(0, HELD(r)) + HAS_LEASE(1, HELD(r)) + HAS_LEASE(2, HELD(r)) >= 2)

#ifdef NO_WAIT
#define WAITED(r) (1)
#else
#define WAITED(r) (!HAS_LEASE(0, WAIT(r)) && !HAS_LEASE(1, WAIT(r)) && !HAS_LEASE(2, WAIT(r)))
#endif

#define BEGIN_WHEN_FREE(r) \
  :: d_step { known[r] != 0 && MINE(r, known[r]) && holds[r] == 0 && WAITED(r) \
       && !(begun & BIT(epoch[known[r]])) -> \
     BEGIN(r, epoch[known[r]]) }

/* The voter's accepted record must name exactly this process and epoch. */
#define RENEW(v, r) \
  :: d_step { known[r] != 0 && MINE(r, known[r]) && MINE(r, accepted[v]) \
       && epoch[accepted[v]] == epoch[known[r]] && !HAS_LEASE(v, HELD(r)) -> \
     lease[v] = lease[v] | GRANT(r) | HELD(r); ORDER() }

/*
 * Time passes: the holder's count ends first (its margin), then the voter's grant. What is in
 * between allows nothing that was not allowed before, so both are one step.
 */
#define LAPSE(v, r) \
  :: d_step { HAS_LEASE(v, GRANT(r)) -> \
     lease[v] = lease[v] & ~(HELD(r) | GRANT(r) | WAIT(PEER(r)) | TOLD(PEER(r))); ORDER() }

/*
 * I1: a region that may write at all may begin a write now and have it acknowledged at once; so
 * none may be able to after an acknowledgement of a newer epoch.
 */
#define ACKNOWLEDGE(r) \
  :: d_step { holds[r] != 0 && VALID(r) && newestAcknowledged != holds[r] -> \
     assert(newestAcknowledged < holds[r]); \
     newestAcknowledged = holds[r] }

#define CRASH(r) \
  :: d_step { crashes < CRASHES -> \
     crashes++; start[r] = start[r] + 1; END_ROUND(r); \
     FORGET(HELD(r) | WAIT(r) | TOLD(r)); \
     known[r] = 0; holds[r] = 0; ORDER() }

/* It behaves as if it had granted its longest lease to anybody. */
#ifdef VOTER_FORGETS
#define GRANTS_AFTER_START(before) ((before) & ~(GRANT(0) | GRANT(1)))
#else
#define GRANTS_AFTER_START(before) ((before) | GRANT(0) | GRANT(1))
#endif
#define VOTER_CRASH(v) \
  :: d_step { voterCrashes < VOTER_CRASHES -> \
     voterCrashes++; lease[v] = GRANTS_AFTER_START(lease[v]); ORDER() }

#define REGION(r) ACKNOWLEDGE(r) BEGIN_WHEN_FREE(r) CRASH(r)
#define LEASES(v) RENEW(v, 0) RENEW(v, 1) LAPSE(v, 0) LAPSE(v, 1) VOTER_CRASH(v)
#endif
#endif

#define ROUNDS(r) START_ROUND(r) CONFIRM(r) TAKE(r) CHOSEN(r) \
  PROMISE(0, r) PROMISE(1, r) PROMISE(2, r)
#define BALLOT(b) ACCEPT(0, b) ACCEPT(1, b) ACCEPT(2, b) LEARN(0, b) LEARN(1, b)

#if defined(REACHED) && !defined(REGISTER)
#define CHECK_REACHED :: d_step { newestAcknowledged >= 3 -> assert(0) }
#else
#define CHECK_REACHED
#endif

init {
  d_step {
    version[1] = 1; epoch[1] = 1; holder[1] = 0; holderStart[1] = 1; isr[1] = 3;
    origin[1] = 1; acceptedBy[1] = 7; chosenOrigin[1] = 1;
    known[0] = 1; known[1] = 1; holds[0] = 1; begun = BIT(1);
    nextBallot[0] = 3; nextBallot[1] = 2;
#ifdef REPLICATED
    beginAt[1] = 1; sent[1] = 1; answered[1] = 1; required[0] = 3
#endif
#ifdef LOCAL
    lease[0] = GRANT(0) | HELD(0); lease[1] = lease[0]; lease[2] = lease[0]
#endif
  };
end:
  do
  ROUNDS(0) ROUNDS(1)
  BALLOT(2) BALLOT(3)
#if NB >= 4
  BALLOT(4)
#endif
#if NB >= 5
  BALLOT(5)
#endif
#if NB >= 6
  BALLOT(6)
#endif
#if NB >= 7
  BALLOT(7)
#endif
  REGION(0) REGION(1)
  CHECK_REACHED
#ifdef REPLICATED
  ARRIVE(1, 1) ARRIVE(0, 2) ARRIVE(1, 2)
#if EPOCHS >= 3
  ARRIVE(0, 3) ARRIVE(1, 3)
#endif
#if EPOCHS >= 4
  ARRIVE(0, 4) ARRIVE(1, 4)
#endif
#endif
#ifdef LOCAL
  LEASES(0) LEASES(1) LEASES(2)
#endif
  od
}
