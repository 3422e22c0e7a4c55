# Turns lines of JSON (flat objects of our own writer, in order) into modules TraceData, for check-trace.
# In: -v topic=TOPIC -v out=FOLDER. Out: FOLDER/batch.B/{TraceData.tla, names, trace.K}, and FOLDER/left-out.
# A trace is a range's log, or one transaction. A batch is what one run of TLC replays: transactions over as many ranges.

# Splits a line into names and values of field[1..n]; arrays go to list[name].
function parse(line,    i, parts, colon, name, rest) {
    split("", field); split("", list); names_ = 0
    while (match(line, /"[A-Za-z]+":\[[^]]*\],?/)) {
        rest = substr(line, RSTART, RLENGTH)
        line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
        colon = index(rest, ":")
        name = substr(rest, 2, colon - 3)
        gsub(/^[^[]*\[|\].*$/, "", rest)
        list[name] = rest
    }
    gsub(/^\{|,?\}$/, "", line)
    names_ = split(line, parts, ",")
    for (i = 1; i <= names_; i++) {
        colon = index(parts[i], ":")
        key[i] = substr(parts[i], 2, colon - 3)
        field[key[i]] = substr(parts[i], colon + 1)
    }
}

# The fields of the last line as a TLA+ record.
function record(    i, value, text) {
    for (i = 1; i <= names_; i++) {
        if (key[i] ~ /^(topic|time|sequence|entry|command)$/) continue
        value = convert(key[i], field[key[i]])
        if (value == "true") value = "TRUE"
        if (value == "false") value = "FALSE"
        if (value != "") text = text (text == "" ? "" : ", ") key[i] " |-> " value
    }
    return "[" text "]"
}

function convert(name, value) {
    if (topic == "log-replication") {
        if (name == "range") return ""
        if (name ~ /^(server|vote|candidate)$/) return value == "0" ? "\"none\"" : "\"" value "\""
        return value
    }
    if (name == "id") return ""
    if (name == "range") return keyOf[value]
    if (name ~ /^(ts|intent|record|expect)$/) return value == "0" ? value : rank[value]
    return value
}

# Numbers of 64 bits: as text of one length.
function before(a, b) { return sprintf("%20s", a) "" < sprintf("%20s", b) "" }

function trace_of(k, who, what,    n, text) {
    print what >> (folder "/names")
    for (n = 1; n <= count[who]; n++) {
        parse(line[who, n])
        text = text (n > 1 ? ",\n" : "") record()
        print line[who, n] > (folder "/trace." k)
    }
    close(folder "/trace." k)
    return "<<" text ">>"
}

function begin_batch(b) {
    folder = out "/batch." b
    system("mkdir -p " folder)
}

function left_out(what, why) { print what ": left out, " why >> (out "/left-out") }

function module(traces, constants) {
    print "---- MODULE TraceData ----\nEXTENDS Integers\nTraces == <<" traces ">>\n" constants "====" > (folder "/TraceData.tla")
}

{
    parse($0)
    who = topic == "log-replication" ? field["range"] : field["id"]
    # A transaction begins when it sends intents: what it tried before in one command is not part of this model.
    # Every server says what it applies: the first one counts.
    if ("entry" in field && (field["range"], field["entry"], field["command"], field["event"]) in told) next
    if ("entry" in field) told[field["range"], field["entry"], field["command"], field["event"]] = 1
    if (topic != "log-replication" && !(who in count) && field["event"] != "\"Begin\"") next
    if (!(who in count)) { order[++all] = who; begins[who] = field["event"] "," field["last"]; ranges[who] = list["ranges"] }
    line[who, ++count[who]] = $0
    if (field["term"] + 0 > terms) terms = field["term"] + 0
    if (field["last"] + 0 > longest) longest = field["last"] + 0
    if (field["index"] + 0 > longest) longest = field["index"] + 0
    if ("server" in field && !(field["server"] in seen)) { seen[field["server"]] = 1; servers = servers (servers == "" ? "" : ", ") "\"" field["server"] "\"" }
    if (topic != "log-replication" && "range" in field) touched[who] = touched[who] " " field["range"]
}

END {
    if (topic == "log-replication") replication()
    else commits()
}

function replication(    i, who, k, traces) {
    begin_batch(1)
    for (i = 1; i <= all; i++) {
        who = order[i]
        # The right half of a range that was cut starts from a state.
        if (begins[who] != "\"Restart\",0") { left_out("range " who, "it did not begin empty"); continue }
        traces = traces (++k > 1 ? ",\n" : "") trace_of(k, who, "range " who)
    }
    if (k) module(traces, "TraceServers == {" servers "}\nTraceTerms == " terms "\nTraceLength == " longest + 1 "\n")
}

function commits(    i, j, n, who, size, b, k, traces, parts, known, values, number, most, recoveries, highest, f, keys) {
    for (size = 1; size <= 9; size++) {
        traces = ""; k = 0; highest = 1; most = 1
        for (i = 1; i <= all; i++) {
            who = order[i]
            if (split(ranges[who], parts, ",") != size) continue
            split("", keyOf)
            for (j = 1; j <= size; j++) keyOf[parts[j]] = "\"" substr("abcdefghi", j, 1) "\""
            known = 1
            n = split(touched[who], parts, " ")
            for (j = 1; j <= n; j++) if (!(parts[j] in keyOf)) known = 0
            if (!known) { left_out(who, "a range was cut"); continue }
            number = recoveries = 0
            split("", rank); split("", values)
            for (n = 1; n <= count[who]; n++) {
                parse(line[who, n])
                if (field["event"] == "\"Recover\"" || field["event"] == "\"RecoverOwn\"") recoveries++
                for (f = 1; f <= names_; f++) {
                    if (key[f] !~ /^(ts|intent|record|expect)$/ || field[key[f]] == "0" || field[key[f]] in rank) continue
                    rank[field[key[f]]] = 0
                    for (j = ++number; j > 1 && before(field[key[f]], values[j - 1]); j--) values[j] = values[j - 1]
                    values[j] = field[key[f]]
                }
            }
            for (j = 1; j <= number; j++) rank[values[j]] = j
            if (number > highest) highest = number
            if (recoveries > most) most = recoveries
            if (++k == 1) begin_batch(size)
            traces = traces (k > 1 ? ",\n" : "") trace_of(k, who, who)
        }
        if (!k) continue
        keys = ""
        for (j = 1; j <= size; j++) keys = keys (j > 1 ? ", " : "") "\"" substr("abcdefghi", j, 1) "\""
        recoverers = ""
        for (j = 1; j <= most; j++) recoverers = recoverers (j > 1 ? ", " : "") "\"r" j "\""
        module(traces, "TraceKeys == {" keys "}\nTraceTs == " highest "\nTraceRecoverers == {" recoverers "}\n")
    }
}
