----------------------------- MODULE SceneTree -----------------------------
(* The scene tree in records, and what the operations of SceneTransaction read and write. Each transaction reads at one   *)
(* moment and commits at a later one; it commits only if nothing that it has read was written in between.                *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    MaxTx,   \* transactions that clients begin; reaping is not counted
    Names,
    Bug      \* "none", or the mistake of a twin

Nodes == 1..4
Zones == {0, 1}
Root  == <<1, 0>>
Top   == <<0, 0>>                       \* the parent of what hangs nowhere
Birth(n) == IF n = 4 THEN 1 ELSE 0
Born(z)  == IF z = 0 THEN <<1, 2, 3>> ELSE <<4>>   \* the ids of a zone, in order
ReapMax  == 2                           \* ReapTransaction.NodesMax
Places   == Nodes \X Zones

VARIABLES
    db,       \* key -> value, for the keys that exist
    pending,  \* transactions that have read and not committed
    begun     \* how many clients have begun
vars == <<db, pending, begun>>

\* Keys. A place is <<node, zone>>.
H(p)     == <<"header", p[1], p[2]>>
C(p, nm) == <<"child", p[1], p[2], nm>>
P(p)     == <<"property", p[1], p[2]>>
L(n)     == <<"locator", n>>
R(p)     == <<"reap", p[1], p[2]>>
S(z)     == <<"serials", z>>
OfNode(k) == k[1] \in {"header", "child", "property"}
PlaceOf(k) == <<k[2], k[3]>>

\* What a transaction has done so far: keys and whole nodes that were read, what is put, what is deleted.
Start == [ok |-> TRUE, keys |-> {}, spans |-> {}, put |-> <<>>, del |-> {}]
View(e) == e.put @@ [k \in DOMAIN db \ e.del |-> db[k]]
Has(e, k) == k \in DOMAIN e.put \/ (k \in DOMAIN db /\ k \notin e.del)
Val(e, k) == IF k \in DOMAIN e.put THEN e.put[k] ELSE db[k]
Read(e, ks) == [e EXCEPT !.keys = @ \cup ks]
Put(e, k, v) == [e EXCEPT !.put = (k :> v) @@ @, !.del = @ \ {k}]
Del(e, k) == [e EXCEPT !.put = [x \in DOMAIN @ \ {k} |-> @[x]], !.del = @ \cup {k}]
Fail(e) == [e EXCEPT !.ok = FALSE]

-----------------------------------------------------------------------------
(* Finding a node *)

\* FindById: <<effect, place>>
FindById(e, n) ==
    LET home == <<n, Birth(n)>>
        e1   == Read(e, {H(home), L(n)})
    IN  IF Has(e, H(home)) THEN <<e1, home>>
        ELSE IF Has(e, L(n)) THEN LET p == <<n, Val(e, L(n))>> IN <<Read(e1, {H(p)}), p>>
        ELSE <<Fail(e1), home>>

\* FindByPath: the entries on the way down, then the header
RECURSIVE Way(_, _, _)
Way(e, p, depth) == \* keys of the entries from the root down to p; fails for what does not hang in the world
    IF p = Root THEN {}
    ELSE IF depth = 0 \/ ~Has(e, H(p)) \/ Val(e, H(p)).parent = Top THEN {<<"nowhere">>}
    ELSE LET h == Val(e, H(p)) IN {C(h.parent, h.name)} \cup Way(e, h.parent, depth - 1)
FindByPath(e, n) ==
    LET ps == {p \in Places : p[1] = n /\ Has(e, H(p))}
    IN  IF ps = {} THEN <<Fail(e), Root>>
        ELSE LET p == CHOOSE p \in ps : TRUE
                 w == Way(e, p, 4)
             IN IF <<"nowhere">> \in w THEN <<Fail(e), p>> ELSE <<Read(e, w \cup {H(p)}), p>>

\* WalkUp: reads the headers up to the root; refuses if it passes a node or does not come there
RECURSIVE WalkUp(_, _, _, _)
WalkUp(e, p, mayNotPass, depth) ==
    IF ~e.ok THEN e
    ELSE IF p[1] = mayNotPass THEN Fail(e)
    ELSE IF p = Root THEN e
    ELSE IF depth = 0 \/ Val(e, H(p)).parent = Top \/ ~Has(e, H(Val(e, H(p)).parent)) THEN Fail(e)
    ELSE LET up == Val(e, H(p)).parent IN WalkUp(Read(e, {H(up)}), up, mayNotPass, depth - 1)

FindAttached(e, ref) ==
    LET f == IF ref.by = "id" THEN FindById(e, ref.node) ELSE FindByPath(e, ref.node)
    IN  IF ~f[1].ok THEN f
        ELSE IF ref.by = "id" THEN <<WalkUp(f[1], f[2], 0, 4), f[2]>> ELSE f

-----------------------------------------------------------------------------
(* The operations *)

Spawn(e, o) == \* add_child; add_sibling is the same below the sibling's parent
    LET f == FindAttached(e, o.parent)
        above == f[2]
        e1 == IF Bug = "SpawnUnread" THEN Read(f[1], {S(o.zone)}) ELSE Read(f[1], {S(o.zone), C(above, o.name)})
        last == IF Has(e, S(o.zone)) THEN Val(e, S(o.zone)) ELSE 0
    IN  IF ~f[1].ok \/ Has(e, C(above, o.name)) \/ last = Len(Born(o.zone)) THEN Fail(e1)
        ELSE LET p == <<Born(o.zone)[last + 1], o.zone>>
             IN Put(Put(Put(e1, S(o.zone), last + 1), H(p), [parent |-> above, name |-> o.name]), C(above, o.name), p)

Despawn(e, o) == \* remove_node: detached at once, reaped afterwards
    LET f == FindAttached(e, o.node)
        p == f[2]
        h == Val(f[1], H(p))
    IN  IF ~f[1].ok \/ p = Root THEN Fail(f[1])
        ELSE Put(Put(Del(f[1], C(h.parent, h.name)), H(p), [h EXCEPT !.parent = Top]), R(p), "")

Relink(e, p, parent, name) ==
    LET h == Val(e, H(p))
        from == C(h.parent, h.name)
        to == C(parent, name)
        e1 == Read(e, {from, to})
    IN  IF from # to /\ Has(e, to) THEN Fail(e1)
        ELSE Put(Put(IF from = to THEN e1 ELSE Del(e1, from), to, p), H(p), [parent |-> parent, name |-> name])

Rename(e, o) ==
    LET f == FindAttached(e, o.node)
    IN  IF ~f[1].ok \/ f[2] = Root THEN Fail(f[1]) ELSE Relink(f[1], f[2], Val(f[1], H(f[2])).parent, o.name)

Reparent(e, o) == \* move_subtree, move_child
    LET f == FindAttached(e, o.node)
        g == IF o.parent.by = "id" THEN FindById(f[1], o.parent.node) ELSE FindByPath(f[1], o.parent.node)
        w  == WalkUp(g[1], g[2], f[2][1], 4)
        \* The mistake: looked at, and not looked at again when it is committed.
        e1 == IF Bug = "MoveUnread" THEN [w EXCEPT !.keys = g[1].keys] ELSE w
    IN  IF ~f[1].ok \/ f[2] = Root THEN Fail(f[1])
        ELSE IF ~g[1].ok \/ ~e1.ok \/ g[2][1] = f[2][1] THEN Fail(e1)
        ELSE Relink(e1, f[2], g[2], Val(e1, H(f[2])).name)

SetProperty(e, o) == \* by id, without a look upwards
    LET f == IF o.node.by = "id" THEN FindById(e, o.node.node) ELSE FindByPath(e, o.node.node)
    IN  IF ~f[1].ok THEN f[1] ELSE Put(f[1], P(f[2]), "set")

\* MoveZone: takes every record of the node, and of those below it that are in the same zone, along. `todo` holds
\* <<node, its new parent>>.
RECURSIVE Carry(_, _, _, _)
Carry(e, todo, from, to) ==
    IF todo = {} THEN e
    ELSE LET next == CHOOSE t \in todo : TRUE
             p == next[1]
             q == <<p[1], to>>
             e1 == [e EXCEPT !.spans = @ \cup {p}]
             names == {nm \in Names : Has(e, C(p, nm))}
             along == {nm \in names : Val(e, C(p, nm))[2] = from}
             stay == {Val(e, C(p, nm)) : nm \in names \ along}
             gone == {H(p), P(p)} \cup {C(p, nm) : nm \in Names}
             moved == (H(q) :> [Val(e, H(p)) EXCEPT !.parent = next[2]])
                      @@ (IF Has(e, P(p)) THEN P(q) :> Val(e, P(p)) ELSE <<>>)
                      @@ [k \in {C(q, nm) : nm \in names} |->
                            LET child == Val(e, C(p, k[4])) IN IF k[4] \in along THEN <<child[1], to>> ELSE child]
                      @@ (IF Bug = "MoveZoneForgetsFar" THEN <<>>
                          ELSE [k \in {H(s) : s \in stay} |-> [Val(e, k) EXCEPT !.parent = q]])
                      @@ (IF to = Birth(p[1]) THEN <<>> ELSE L(p[1]) :> to)
             dels == {k \in gone : Has(e, k)} \cup (IF to = Birth(p[1]) THEN {L(p[1])} ELSE {})
             e2 == [e1 EXCEPT !.keys = @ \cup {H(s) : s \in stay},
                              !.put = moved @@ [k \in DOMAIN @ \ dels |-> @[k]],
                              !.del = (@ \ DOMAIN moved) \cup dels]
         IN Carry(e2, (todo \ {next}) \cup {<<Val(e, C(p, nm)), q>> : nm \in along}, from, to)

MoveZone(e, o) == \* move_shard
    LET f == FindAttached(e, o.node)
        p == f[2]
        h == Val(f[1], H(p))
        link == C(h.parent, h.name)
        e1 == Put(Read(f[1], {link}), link, <<p[1], o.zone>>)
    IN  IF ~f[1].ok \/ p = Root \/ p[2] = o.zone THEN Fail(f[1])
        ELSE Carry(e1, {<<p, h.parent>>}, p[2], o.zone)

Run(e, o) ==
    IF ~e.ok THEN e
    ELSE CASE o.op = "spawn" -> Spawn(e, o)
           [] o.op = "despawn" -> Despawn(e, o)
           [] o.op = "rename" -> Rename(e, o)
           [] o.op = "reparent" -> Reparent(e, o)
           [] o.op = "set" -> SetProperty(e, o)
           [] o.op = "zone" -> MoveZone(e, o)

\* ReapTransaction: a bounded part of a detached subtree; what is left keeps a note or gets one.
RECURSIVE ReapPart(_, _, _, _)
ReapPart(e, todo, top, nodes) ==
    IF todo = <<>> THEN e
    ELSE LET p == Head(todo)
             names == {nm \in Names : Has(e, C(p, nm))}
             taken == IF Cardinality(names) + nodes <= ReapMax THEN names
                      ELSE CHOOSE s \in SUBSET names : Cardinality(s) = ReapMax - nodes
             kids == {Val(e, C(p, nm)) : nm \in taken}
             seq == CHOOSE q \in [1..Cardinality(kids) -> kids] : {q[j] : j \in 1..Cardinality(kids)} = kids
             whole == taken = names
             \* The mistake: what was seen is removed, and not looked at again when it is committed.
             e1 == IF Bug = "ReapUnread" THEN e ELSE [e EXCEPT !.spans = @ \cup {p}]
             cut == {C(p, nm) : nm \in taken} \cup (IF Has(e, P(p)) THEN {P(p)} ELSE {})
             own == IF whole THEN {H(p)} \cup (IF p = top THEN {R(p)} ELSE {}) \cup (IF p[2] # Birth(p[1]) THEN {L(p[1])} ELSE {}) ELSE {}
             e2 == [e1 EXCEPT !.del = @ \cup cut \cup own]
             e3 == IF whole \/ p = top THEN e2
                   ELSE Put(Put(Read(e2, {H(p)}), H(p), [Val(e2, H(p)) EXCEPT !.parent = Top]), R(p), "")
         IN ReapPart(e3, seq \o Tail(todo), top, nodes + Cardinality(kids))

Reap(p) == ReapPart(Read(Start, {R(p)}), <<p>>, p, 1)

-----------------------------------------------------------------------------
Refs == [by : {"id", "path"}, node : Nodes]
Movable == [by : {"id", "path"}, node : Nodes \ {1}]
Spawns == [op : {"spawn"}, parent : Refs, name : Names, zone : Zones]
Operations ==
    Spawns
    \cup [op : {"despawn"}, node : Movable]
    \cup [op : {"rename"}, node : Movable, name : Names]
    \cup [op : {"reparent"}, node : Movable, parent : Refs]
    \cup [op : {"set"}, node : [by : {"id"}, node : Nodes]]
    \cup [op : {"zone"}, node : Movable, zone : Zones]
ById(n) == [by |-> "id", node |-> n]
Batches ==
    {<<o>> : o \in Operations}
    \cup {<<[op |-> "despawn", node |-> ById(n)], [op |-> "spawn", parent |-> ById(1), name |-> nm, zone |-> 1]>> : n \in {2, 3}, nm \in Names}
    \cup {<<[op |-> "reparent", node |-> ById(n), parent |-> ById(m)], [op |-> "zone", node |-> ById(n), zone |-> 1]>> : n \in {2, 3}, m \in {2, 3}}
    \cup {<<[op |-> "reparent", node |-> ById(n), parent |-> ById(1)], [op |-> "reparent", node |-> ById(m), parent |-> ById(n)]>> : n \in {2, 3}, m \in {2, 3, 4}}

\* A world to begin with: who hangs below whom, and in which zone.
World(p2, p3, z3) ==
    LET at2 == <<2, 0>>
        at3 == <<3, z3>>
        par2 == IF p2 = 1 THEN Root ELSE at3
        par3 == IF p3 = 1 THEN Root ELSE at2
    IN  (H(Root) :> [parent |-> Top, name |-> "root"]) @@ (S(0) :> 3)
        @@ (H(at2) :> [parent |-> par2, name |-> "x"]) @@ (C(par2, "x") :> at2)
        @@ (H(at3) :> [parent |-> par3, name |-> "y"]) @@ (C(par3, "y") :> at3)
        @@ (IF z3 = 1 THEN L(3) :> 1 ELSE <<>>)

With4(w) == \* below node 2, at home in zone 1
    w @@ (H(<<4, 1>>) :> [parent |-> <<2, 0>>, name |-> "x"]) @@ (C(<<2, 0>>, "x") :> <<4, 1>>) @@ (S(1) :> 1)

Init ==
    /\ db \in {World(1, 1, 0), World(1, 2, 0), World(1, 2, 1), With4(World(1, 1, 0))}
    /\ pending = {}
    /\ begun = 0

RECURSIVE RunAll(_, _)
RunAll(e, batch) == IF batch = <<>> THEN e ELSE RunAll(Run(e, Head(batch)), Tail(batch))

Changes(e) == e.put # <<>> \/ e.del # {}

Begin ==
    /\ begun < MaxTx /\ Cardinality(pending) < 2
    /\ \E batch \in Batches : LET e == RunAll(Start, batch) IN e.ok /\ Changes(e) /\ pending' = pending \cup {e}
    /\ begun' = begun + 1
    /\ UNCHANGED db

BeginReap ==
    /\ Cardinality(pending) < 2
    /\ \E k \in DOMAIN db : k[1] = "reap" /\ pending' = pending \cup {Reap(<<k[2], k[3]>>)} /\ pending' # pending
    /\ UNCHANGED <<db, begun>>

Written(e) == DOMAIN e.put \cup e.del
Stale(other, e) ==
    \E k \in Written(e) : k \in other.keys \/ (OfNode(k) /\ PlaceOf(k) \in other.spans)

\* Who has read what is written now cannot commit any more, and runs again from the start.
Commit(e) ==
    /\ db' = View(e)
    /\ pending' = {o \in pending \ {e} : ~Stale(o, e)}
    /\ UNCHANGED begun

Next == Begin \/ BeginReap \/ \E e \in pending : Commit(e)
Spec == Init /\ [][Next]_vars /\ WF_vars(BeginReap \/ \E e \in pending : Commit(e))

-----------------------------------------------------------------------------
(* SceneInvariants.Check, in its order *)
Headers == {<<k[2], k[3]>> : k \in {k \in DOMAIN db : k[1] = "header"}}
Entries == {k \in DOMAIN db : k[1] = "child"}
Notes   == {<<k[2], k[3]>> : k \in {k \in DOMAIN db : k[1] = "reap"}}

NoRecordsWithoutHeader == \A k \in DOMAIN db : OfNode(k) => PlaceOf(k) \in Headers
OneZone == \A p, q \in Headers : p[1] = q[1] => p = q
NoOrphans ==
    \A p \in Headers :
       LET h == db[H(p)] IN
       IF h.parent = Top THEN p = Root \/ p \in Notes
       ELSE /\ h.parent \in Headers
            /\ C(h.parent, h.name) \in DOMAIN db /\ db[C(h.parent, h.name)] = p
EveryEntryLeadsToItsChild ==
    \A k \in Entries :
       LET child == db[k] IN child \in Headers /\ db[H(child)].parent = PlaceOf(k) /\ db[H(child)].name = k[4]
NotesAreOfDetached == \A p \in Notes : p \in Headers /\ db[H(p)].parent = Top
LocatorsLead ==
    /\ \A p \in Headers : IF p[2] = Birth(p[1]) THEN L(p[1]) \notin DOMAIN db ELSE L(p[1]) \in DOMAIN db /\ db[L(p[1])] = p[2]
    /\ \A k \in DOMAIN db : k[1] = "locator" => <<k[2], db[k]>> \in Headers
RECURSIVE Below(_, _)
Below(ps, depth) ==
    IF depth = 0 THEN ps ELSE Below(ps \cup {db[k] : k \in {k \in Entries : PlaceOf(k) \in ps}}, depth - 1)
NoCycles == Headers \subseteq Below({Root} \cup Notes, 4)
IdsAreGivenOut ==
    \A p \in Headers : LET z == Birth(p[1]) IN S(z) \in DOMAIN db /\ \E j \in 1..db[S(z)] : Born(z)[j] = p[1]

TypeOk ==
    /\ \A k \in DOMAIN db : k[1] \in {"header", "child", "property", "locator", "reap", "serials"}
    /\ \A e \in pending : e.ok /\ DOMAIN e.put \cap e.del = {}
    /\ begun \in 0..MaxTx

\* What is detached is gone in the end.
AllReaped == <>[](Notes = {})

NotCrossZone   == ~(\E p \in Headers : p[1] = 4 /\ p[2] = 0 /\ begun = MaxTx)
NotAllReaped == ~(Cardinality(Headers) = 1)
NotHandedOn    == ~(Cardinality(Notes) > 1)
=============================================================================
