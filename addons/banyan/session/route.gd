extends RefCounted
## Which gateway to try, and when. Times in milliseconds.

const _GATEWAYS_MAX := 64
const _PAUSE_FIRST := 50
const _PAUSE_MAX := 2000
const _STEADY := 5000 # a connection that lasted so long was a good one

## All that are known.
var gateways: PackedStringArray
## The one that was tried last.
var at := ""
## When to try the next one.
var next_at := 0

var _index := -1
var _attempts := 0


func _init(its_gateways: PackedStringArray) -> void:
	gateways = its_gateways.duplicate()


## Learns of more.
func add(more: PackedStringArray) -> void:
	for gateway in more:
		if gateways.size() < _GATEWAYS_MAX and gateway not in gateways:
			gateways.append(gateway)


## The next one to try.
func next() -> String:
	_attempts += 1
	_index = (_index + 1) % gateways.size()
	at = gateways[_index]
	return at


## A session has begun: whatever it took before.
func begun() -> void:
	_attempts = 0


## It was of no use, or is lost after so long. The first attempt is made at once, then pauses grow; not all clients of a
## gateway are to come back in the same moment, again and again.
func lost(now: int, lasted: int) -> void:
	if lasted >= _STEADY:
		_attempts = 0
	next_at = now
	if _attempts > 0:
		next_at += int(minf(_PAUSE_MAX, _PAUSE_FIRST * pow(2, _attempts - 1)) * randf_range(0.75, 1.0))
