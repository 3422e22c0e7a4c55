# Measures multiplayer.poll(): as many synchronizers as told, of two Vector3 sent always, all of which change, to as many
# peers. Arguments after "--": synchronizers, peers, polls. Prints one line of JSON.
extends Node

const Sink := preload("res://sink.gd")

var _sink: Sink
var _nodes: Array[Node3D] = []


func _ready() -> void:
	var arguments := OS.get_cmdline_user_args()
	var synchronizers := int(arguments[0])
	var polls := int(arguments[2])
	get_tree().multiplayer_poll = false
	_sink = Sink.new()
	multiplayer.multiplayer_peer = _sink
	var config := SceneReplicationConfig.new()
	for property: NodePath in [^".:position", ^".:rotation"]:
		config.add_property(property)
		config.property_set_replication_mode(property, SceneReplicationConfig.REPLICATION_MODE_ALWAYS)
	for i in synchronizers:
		var node := Node3D.new()
		node.name = "N%d" % i
		var synchronizer := MultiplayerSynchronizer.new()
		synchronizer.name = "S"
		synchronizer.replication_config = config
		node.add_child(synchronizer)
		add_child(node)
		_nodes.append(node)
	_sink.connect_peers(int(arguments[1]))
	for i in 50:
		_poll(i)
	_sink.bytes = 0
	var times: Array[int] = []
	for i in polls:
		times.append(_poll(i))
	times.sort()
	print(JSON.stringify({
		"synchronizers": synchronizers,
		"peers": int(arguments[1]),
		"pollMs": times[polls / 2] / 1000.0,
		"pollP99Ms": times[int(polls * 0.99)] / 1000.0,
		"bytesPerPoll": _sink.bytes / polls,
		"engine": Engine.get_version_info().string,
		"debug": OS.is_debug_build(),
	}))
	get_tree().quit()


func _poll(step: int) -> int:
	for node in _nodes:
		node.position = Vector3(step, 1, 2)
		node.rotation = Vector3(3, step, 4)
	# Only what SceneMultiplayer does: synchronizers are sent at most once a millisecond apart.
	OS.delay_msec(2)
	var began := Time.get_ticks_usec()
	multiplayer.poll()
	return Time.get_ticks_usec() - began
