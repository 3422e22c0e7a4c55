@icon("res://addons/banyan/icons/interpolator.svg")
class_name BanyanInterpolator
extends Node
## Shows properties that arrive by a [MultiplayerSynchronizer] smoothly, a little later.
##
## Put it beside or below a synchronizer. What arrives is kept, and shown after a short delay, with the values between.
## For whoever has the authority it does nothing. The synchronizer writes a property when it arrives; the interpolator
## takes the value from there and puts back at once what is to be shown, so that nobody sees the jump in between.
## It works with any multiplayer peer.

const _Track := preload("interpolation/track.gd")
const _Blend := preload("interpolation/blend.gd")

## The synchronizer. Without one: the parent, else the first among the siblings.
@export var synchronizer: MultiplayerSynchronizer
## Properties as the synchronizer's replication config names them, like [code].:position[/code]. Without any: all that
## it replicates and that have values between (numbers with fractions, vectors, rotations, transforms, colors).
@export var properties: Array[NodePath] = []
## Where to show them: a node with the same properties. Without one: the synchronizer's root node.
@export var target: Node
## How much later to show, in milliseconds; at least, if [member adaptive].
@export_range(0, 1000, 1, "suffix:ms") var delay := 50.0
## Raises the delay to two intervals of what arrives, and to what its jitter asks for.
@export var adaptive := true
## The highest delay that [member adaptive] may choose, in milliseconds.
@export_range(0, 2000, 1, "suffix:ms") var delay_max := 500.0
## How long to go on beyond the last value that has arrived, in milliseconds. Then it comes back to it.
@export_range(0, 1000, 1, "suffix:ms") var extrapolation := 50.0
## What moves farther than this from one value to the next jumps there. 0: nothing does.
@export var teleport_distance := 10.0

# How fast the delay follows, so that nobody sees it.
const _DELAY_RATE := 0.1

var _always: _Track
var _on_change: _Track
var _authority := 0
var _delay := 0.0


func _init() -> void:
	# Before what looks at the properties.
	process_priority = -100


func _ready() -> void:
	if synchronizer == null:
		synchronizer = get_parent() as MultiplayerSynchronizer
	if synchronizer == null:
		for sibling in get_parent().get_children():
			if synchronizer == null:
				synchronizer = sibling as MultiplayerSynchronizer
	if synchronizer == null or synchronizer.replication_config == null:
		push_error("BanyanInterpolator: no synchronizer with a replication config at " + str(get_path()))
		set_process(false)
		return
	var config := synchronizer.replication_config
	var root := synchronizer.get_node(synchronizer.root_path)
	_always = _Track.new(maxf(synchronizer.replication_interval, 1.0 / 60.0))
	_on_change = _Track.new(maxf(synchronizer.delta_interval, 1.0 / 60.0))
	for property in config.get_properties():
		if properties.is_empty() and not _Blend.has_between(_value(root, property)) or not properties.is_empty() and property not in properties:
			continue
		match config.property_get_replication_mode(property):
			SceneReplicationConfig.REPLICATION_MODE_ALWAYS:
				_always.properties.append(property)
			SceneReplicationConfig.REPLICATION_MODE_ON_CHANGE:
				_on_change.properties.append(property)
	synchronizer.synchronized.connect(_on_synchronized)
	synchronizer.delta_synchronized.connect(_on_delta_synchronized)
	_authority = synchronizer.get_multiplayer_authority()
	_delay = maxf(delay, minf(2000.0 * synchronizer.replication_interval, delay_max) if adaptive else 0.0) / 1000.0


## The delay at present, in milliseconds.
func get_delay() -> float:
	return _delay * 1000.0


## The value that has arrived last, of a property as [member properties] names it; null before the first.
func get_newest(property: NodePath) -> Variant:
	for track: _Track in [_always, _on_change]:
		var at := track.properties.find(property)
		if at >= 0 and not track.is_empty():
			return track.newest()[at]
	return null


## Forgets what has arrived: the next value is shown at once. For a respawn, say.
func reset() -> void:
	_clear(true)


func _process(delta: float) -> void:
	var root := synchronizer.get_node_or_null(synchronizer.root_path)
	if root == null:
		return
	if synchronizer.get_multiplayer_authority() != _authority:
		_authority = synchronizer.get_multiplayer_authority()
		# What is shown stays, whoever goes on from there.
		_clear(false)
	_follow(delta)
	var time := _now() - _delay
	for track: _Track in [_always, _on_change]:
		if synchronizer.is_multiplayer_authority() or track.is_empty():
			# Where it begins, once something arrives.
			track.shown = _read(root, track)
			continue
		track.teleport_distance = teleport_distance
		var values: Variant = track.at(time, extrapolation / 1000.0)
		if values != null:
			_show(root, track, values)


func _clear(jump: bool) -> void:
	_always.clear(jump)
	_on_change.clear(jump)


# The delay goes where it should be.
func _follow(delta: float) -> void:
	var wanted := delay / 1000.0
	if adaptive:
		for track: _Track in [_always, _on_change]:
			if not track.is_empty():
				wanted = maxf(wanted, minf(2.0 * track.interval + 3.0 * track.jitter, delay_max / 1000.0))
	_delay = move_toward(_delay, wanted, delta * _DELAY_RATE)


func _on_synchronized() -> void:
	_take(_always, false)


func _on_delta_synchronized() -> void:
	_take(_on_change, true)


# The synchronizer has just written what arrived; if only some of it, the rest is what was shown.
func _take(track: _Track, only_some: bool) -> void:
	var root := synchronizer.get_node_or_null(synchronizer.root_path)
	if root == null or track.properties.is_empty() or synchronizer.is_multiplayer_authority():
		return
	var values := _read(root, track)
	var is_shown_here := (target == null or target == root) and not track.shown.is_empty()
	if only_some and is_shown_here and not track.is_empty():
		var before := track.newest()
		for i in values.size():
			if is_same(values[i], track.shown[i]):
				values[i] = before[i]
	track.push(_now(), values)
	if is_shown_here:
		_show(root, track, track.shown)


func _show(root: Node, track: _Track, values: Array) -> void:
	var node := root if target == null else target
	for i in track.properties.size():
		var property := track.properties[i]
		var holder := node.get_node_or_null(NodePath(property.get_concatenated_names()))
		if holder != null:
			holder.set_indexed(NodePath(property.get_concatenated_subnames()), values[i])
	# Some properties are kept in another form.
	track.shown = _read(node, track)


static func _read(node: Node, track: _Track) -> Array:
	return track.properties.map(func(property: NodePath) -> Variant: return _value(node, property))


static func _value(node: Node, property: NodePath) -> Variant:
	var holder := node.get_node_or_null(NodePath(property.get_concatenated_names()))
	return null if holder == null else holder.get_indexed(NodePath(property.get_concatenated_subnames()))


static func _now() -> float:
	return Time.get_ticks_usec() / 1000000.0
