/*
 * Publishing a table: workers, a start with one table, reloads, and a rollback (which is a reload of
 * what was, as a version of its own). Each step names the function that it stands for. Threads are
 * interleaved step by step, in one order for all of them (that the orders which the code asks for are
 * enough, ThreadSanitizer watches on the code itself).
 *
 * Proven: no packet and no flush touches a table that was freed; both addresses of a packet are
 * translated by the table of its poll; whatever is forwarded is counted once; and, with weak fairness,
 * every replaced table is freed at last (ltl). check_model says for how many of what.
 */

#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef TABLES
#define TABLES 4 /* versions 1 to 4 */
#endif
#ifndef LINES
#define LINES 2 /* of a worker's cache: one for each address of a packet */
#endif
#define EPOCHS 4 /* CachedTranslation::kEpochs: epochs come round */
#ifndef PACKETS
#define PACKETS 2 /* of each worker */
#endif

/* RcuPointer: current_, retired_ (in order: versions first_retired to last_retired). */
byte current = 1;
byte first_retired = 1;
byte last_retired = 0;
byte retired_token[TABLES + 1];
/* rte_rcu_qsbr: the token, and each worker's count. */
byte token = 1;
byte seen[WORKERS]; /* 0: offline */
/* WorkerActivity::oldest_pending_version */
byte told[WORKERS];

bool freed[TABLES + 1];
byte counted[TABLES + 1]; /* MappingCounters of each table */
byte inherited;           /* Ancestry::earlier: what freed tables counted */
byte sent;                /* packets, twice each: from and to */
bool stopping;
byte stopped;

/* A use of a table's memory: by its translations, or its counters. */
#define USE(table) assert(!freed[table])

/* PendingCounts::flush, flush_to, counters_of: what is of another epoch is of the previous table. */
inline flush(l) {
  if
  :: entry_count[l] > 0 ->
     if
     :: entry_epoch[l] == epoch -> to = version
     :: else -> to = previous
     fi;
     assert(entry_table[l] == to);
     USE(to);
     counted[to] = counted[to] + entry_count[l];
     entry_count[l] = 0
  :: else
  fi
}

/* PendingCounts::flush_lines */
inline flush_lines(most) {
  lines = 0;
  do
  :: lines < most && pending_lines != 0 ->
     flush(next_line);
     next_line++;
     pending_lines--;
     if
     :: previous_lines != 0 ->
        previous_lines--;
        if
        :: previous_lines == 0 -> next_line = 0; pending_lines = LINES
        :: else
        fi
     :: else ->
        if
        :: next_line == LINES -> next_line = 0
        :: else
        fi
     fi;
     lines++
  :: else -> lines = 0; to = 0; break
  od
}
#define ALL (2 * LINES) /* flush_all */

proctype Worker(byte me) {
  byte table;            /* Worker::table, of this poll */
  byte packets = 0;
  byte cache_version = 0; /* TranslationCache::version_, epoch_ */
  byte cache_epoch = 0;
  byte epoch = 0;        /* PendingCounts: epoch_, */
  byte version = 0;      /* version_, whose counters are counters_, */
  byte previous = 0;     /* previous_version_, whose counters are previous_counters_, */
  byte next_line = 0;    /* next_line_, pending_lines_, previous_lines_ */
  byte pending_lines = 0;
  byte previous_lines = 0;
  byte entry_epoch[LINES]; /* CachedTranslation: the epoch in its key, */
  byte entry_table[LINES]; /* the table that translates so, */
  byte entry_count[LINES]; /* pending */
  byte line, lines, to;

  /* Quiescence::enter: rte_rcu_qsbr_thread_online */
  seen[me] = token;

  do
  :: !stopping ->

     /* Worker::begin_poll: RcuPointer::read */
     table = current;

     /* From here to flush_some a worker touches nothing that another thread writes: so these steps
        are one, since a table that is freed between them might as well be freed before. */
     atomic {
       /* TranslationCache::use, change_table */
       USE(table); /* TranslationTable::version, counters */
       if
       :: table != cache_version ->
          cache_version = table;
          cache_epoch++;
          if
          :: cache_epoch == EPOCHS -> /* it comes round */
             flush_lines(ALL);
             for (line : 0 .. LINES - 1) {
               entry_epoch[line] = 0;
               entry_table[line] = 0;
               entry_count[line] = 0
             }
             line = 0;
             cache_epoch = 1
          :: else
          fi;
          /* PendingCounts::change_table */
          if
          :: previous_lines != 0 -> flush_lines(ALL) /* two changes in a row */
          :: else
          fi;
          previous = version;
          version = table;
          epoch = cache_epoch;
          next_line = 0;
          pending_lines = (pending_lines != 0 -> LINES : 0);
          previous_lines = pending_lines
       :: else
       fi;

       /* Pipeline::forward: fast_path and slow_path, of a burst of one packet */
       if
       :: packets < PACKETS ->
          packets++;
          for (line : 0 .. LINES - 1) {
            if
            :: entry_epoch[line] == epoch /* Reader::find */
            :: else -> /* TranslationTable::look_up; remember: PendingCounts::put */
               USE(table);
               flush(line);
               entry_epoch[line] = epoch;
               entry_table[line] = table
            fi;
            assert(entry_table[line] == table);
            entry_count[line]++;
            sent++
          }
          line = 0;
          /* PendingCounts::counted */
          if
          :: previous_lines == 0 -> pending_lines = LINES
          :: else
          fi
       :: true
       fi;

       /* Pipeline::flush_some: a few lines, or all of them while nothing arrives; or, since the cache
          has many more lines, none of these */
       if
#ifndef LIVENESS
       :: true
#endif
       :: flush_lines(1)
       :: flush_lines(LINES)
       fi;
       /* PendingCounts::oldest_version */
       to = (previous_lines != 0 -> previous : (pending_lines != 0 -> version : 0))
     }
     atomic { told[me] = to; to = 0 } /* WorkerActivity::oldest_pending_version */

     /* Quiescence::report: rte_rcu_qsbr_quiescent. It reads the token and then stores it; a token that
        is stored late is what the reloader would have seen had it looked earlier. */
     atomic { seen[me] = token; table = 0 }
  :: stopping -> break
  od;

  /* Workers::run: Pipeline::flush, Quiescence::leave */
  atomic { flush_lines(ALL) }
  told[me] = 0;
  seen[me] = 0;
  stopped++
}

/* Quiescence::passed: rte_rcu_qsbr_check, of one worker */
#define PASSED(worker) (seen[worker] == 0 || seen[worker] >= retired_token[first_retired])

/* LiveTable::reclaim: RcuPointer::reclaim, has_pending, inherit_from_freed */
inline reclaim() {
  do
  :: first_retired <= last_retired ->
     if
     :: PASSED(0) ->
        if
        :: PASSED(WORKERS - 1) ->
           if
           :: told[0] != first_retired ->
              if
              :: told[WORKERS - 1] != first_retired ->
                 atomic {
                   inherited = inherited + counted[first_retired];
                   counted[first_retired] = 0;
                   freed[first_retired] = true;
                   first_retired++
                 }
              :: else -> break
              fi
           :: else -> break
           fi
        :: else -> break
        fi
     :: else -> break
     fi
  :: else -> break
  od
}

proctype Reloader() {
  byte next;

  for (next : 2 .. TABLES) {
    /* LiveTable::publish: RcuPointer::publish */
    last_retired = next - 1;
    current = next;
    atomic { token++; retired_token[next - 1] = token } /* rte_rcu_qsbr_start */
    if
    :: reclaim()
    :: true /* the next reload comes before it */
    fi
  }
  do
  :: first_retired <= last_retired -> reclaim()
  :: else -> break
  od;
  /* Workers::stop */
  stopping = true;
  stopped == WORKERS;
  assert(inherited + counted[TABLES] == sent)
}

init {
  atomic {
    run Worker(0);
#if WORKERS == 2
    run Worker(1);
#endif
    run Reloader()
  }
}

#ifdef LIVENESS
ltl every_reload_ends { <> stopping }
#endif
