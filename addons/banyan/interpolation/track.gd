extends RefCounted
## What has arrived of some properties that arrive together, and when. Times in seconds.

const _Blend := preload("blend.gd")

const _SAMPLES_MAX := 64
const _SMOOTHING := 0.1 # of each new measurement
const _STEP := 0.5 # what is later than that is not jitter

## Below the synchronizer's root node.
var properties: Array[NodePath] = []
## What was shown last, in the order of the properties, as it can be read again.
var shown: Array = []
## The time between two arrivals, smoothed.
var interval: float
## How much arrivals stray from the interval, smoothed.
var jitter := 0.0
## Farther apart than this is a jump.
var teleport_distance := 0.0

var _stamps: Array[float] = []
var _values: Array[Array] = []
var _last_at := 0.0
var _is_settled := false
var _jumps := false


func _init(expected_interval: float) -> void:
	interval = expected_interval


## Forgets everything but the rhythm. What comes next is shown at once, or begins at what is shown now.
func clear(jump: bool) -> void:
	_stamps.clear()
	_values.clear()
	_jumps = jump


func is_empty() -> bool:
	return _stamps.is_empty()


## The newest values, in the order of the properties.
func newest() -> Array:
	return _values.back()


## Values have arrived.
func push(now: float, values: Array) -> void:
	var gap := now - _last_at
	_last_at = now
	# It begins to move: from where it stood, not slowly over all the time that it stood there.
	if _stamps.is_empty():
		_append(now - interval, values if _jumps or shown.is_empty() else shown)
		_append(now, values)
		return
	if gap > maxf(4.0 * interval, 0.25):
		_append(maxf(now - interval, _stamps.back() + 0.0001), newest())
		_append(maxf(now, _stamps.back() + 0.0001), values)
		return
	interval += (gap - interval) * _SMOOTHING
	# The sender's rhythm is even; what the way does to it is smoothed out.
	var expected: float = _stamps.back() + interval
	var error := now - expected
	jitter += (absf(error) - jitter) * _SMOOTHING
	var stamp := now if absf(error) > _STEP else expected + error * _SMOOTHING
	_append(maxf(stamp, _stamps.back() + 0.0001), values)


## The values at a time, at most [param extrapolation] beyond what has arrived. Null if there is nothing new to show.
func at(time: float, extrapolation: float) -> Variant:
	while _stamps.size() > 2 and _stamps[1] <= time:
		_stamps.pop_front()
		_values.pop_front()
	if _stamps.size() < 2 or _is_settled:
		return null
	var start := _stamps[0]
	var end := _stamps[1]
	if time > end:
		# Beyond its end it goes on for a while, and then comes back: who is silent stands still.
		_is_settled = time >= end + 2.0 * extrapolation
		time = end + clampf(minf(time - end, end + 2.0 * extrapolation - time), 0.0, extrapolation)
	var weight := maxf(0.0, (time - start) / (end - start))
	var values := []
	for i in properties.size():
		var a: Variant = _values[0][i]
		var b: Variant = _values[1][i]
		if teleport_distance > 0.0 and _Blend.distance(a, b, properties[i]) > teleport_distance:
			values.append(a if weight < 1.0 else b)
		else:
			values.append(_Blend.between(a, b, weight, properties[i]))
	return values


func _append(stamp: float, values: Array) -> void:
	_stamps.append(stamp)
	_values.append(values)
	_is_settled = false
	if _stamps.size() > _SAMPLES_MAX:
		_stamps.pop_front()
		_values.pop_front()
