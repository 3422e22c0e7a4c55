@icon("res://addons/banyan/icons/tree.svg")
class_name BanyanTree
extends Node
## Mirrors a plain subtree of the cluster's world, both ways, without spawners and synchronizers.
##
## What the cluster has below [member root_path] stands below [member target], and what the game adds, removes, renames,
## moves or sets there becomes a transaction of the cluster. It needs a [BanyanMultiplayerPeer]. What the cluster says
## wins over what it has not heard of yet. Nodes that stand there before the first answer and that the cluster does not
## have, and nodes of the group [code]banyan_local[/code], are the game's own.
## [br][br]Scripts and resources never come from the network: nodes are made of [member types] and [member scenes] only.

## The subtree is there, as the cluster has it; also after a gateway was lost, or a change was refused.
signal tree_ready
## A change was refused, and is taken back here.
signal change_refused(reason: String)
## The subtree is gone, or is not for this game. The nodes stay.
signal tree_lost(reason: String)

const _Catalogue := preload("tree/catalogue.gd")
const _Mirror := preload("tree/mirror.gd")
const _Differences := preload("tree/differences.gd")

## Where the subtree is in the cluster's world.
@export var root_path := "/root/World"
## The node here that stands for it. Without one: the parent.
@export var target: Node
## How often changes of the game are looked for, in times a second.
@export_range(1, 60, 1, "suffix:Hz") var sync_rate := 20.0
## Classes that the cluster may have made here, exactly these. Another one becomes the nearest class above it that is
## among them.
@export var types: PackedStringArray = [
	"Node", "Node2D", "Node3D", "Control", "CanvasLayer", "Marker2D", "Marker3D", "Sprite2D", "Sprite3D", "Label", "Label3D",
	"MeshInstance2D", "MeshInstance3D", "MultiMeshInstance3D", "Camera2D", "Camera3D", "DirectionalLight2D", "PointLight2D",
	"DirectionalLight3D", "OmniLight3D", "SpotLight3D", "WorldEnvironment", "StaticBody2D", "StaticBody3D", "AnimatableBody2D",
	"AnimatableBody3D", "RigidBody2D", "RigidBody3D", "CharacterBody2D", "CharacterBody3D", "Area2D", "Area3D",
	"CollisionShape2D", "CollisionShape3D", "Path2D", "Path3D", "AudioStreamPlayer", "AudioStreamPlayer2D", "AudioStreamPlayer3D",
	"GPUParticles2D", "GPUParticles3D", "CPUParticles2D", "CPUParticles3D",
]
## Scenes that the cluster may have made here, as [code]res://[/code] paths.
@export var scenes: PackedStringArray
## Properties to watch for changes of the game. Without any: all that a scene file would store. The fewer the cheaper.
@export var properties: PackedStringArray
## Properties that are compared at a time: what is beyond has its turn next time.
@export var compares_max := 2000

static var _last_id := 0

var _id := 0
var _peer: BanyanMultiplayerPeer
var _mirror: _Mirror
var _differences: _Differences
var _is_following := false
var _is_ready := false
var _is_lost := false
var _is_refused := false
var _request := 0
var _under_way: Array = []
var _next := 0.0


## True between [signal tree_ready] and whatever ends it.
func is_tree_ready() -> bool:
	return _is_ready


## Tries once more to follow, after [signal tree_lost].
func follow_again() -> void:
	_is_lost = false


func _enter_tree() -> void:
	_last_id += 1
	_id = _last_id


func _exit_tree() -> void:
	if _is_following and _peer != null:
		_peer.send_tree(["unfollow", _id])
	_leave_peer()
	if _mirror != null:
		_mirror.release()
		_mirror = null


func _process(delta: float) -> void:
	var peer := multiplayer.multiplayer_peer as BanyanMultiplayerPeer
	if peer != _peer:
		_leave_peer()
		_peer = peer
		if peer != null:
			peer.tree_received.connect(_on_message)
			peer.resumed.connect(_on_resumed)
	if _peer == null:
		return
	if not _is_following and not _is_lost:
		_follow()
	_next -= delta
	if _is_ready and _under_way.is_empty() and _next <= 0.0:
		_next = 1.0 / sync_rate
		_send(_differences.take(compares_max))


func _leave_peer() -> void:
	if _peer != null:
		_peer.tree_received.disconnect(_on_message)
		_peer.resumed.disconnect(_on_resumed)
	_peer = null
	_is_following = false
	_is_lost = false
	_is_ready = false
	_under_way = []


func _follow() -> void:
	_is_following = _peer.send_tree(["follow", _id, root_path])


func _send(operations: Array) -> void:
	if operations.is_empty():
		return
	_request = _peer.next_tree_request()
	_under_way = operations
	# Without a connection it is sent after the next one's answer.
	_peer.send_tree(["change", _id, _request, operations])


func _on_resumed(_milliseconds: int) -> void:
	if _is_following:
		_is_ready = false
		_follow()


func _on_message(message: Array) -> void:
	if message.size() < 3 or message[0] is not String or message[1] is not int or message[1] != _id:
		return
	match message[0]:
		"tree" when message[2] is Array:
			_on_tree(message[2])
		"changes" when message[2] is Array and _is_ready:
			_mirror.apply(message[2])
		"done" when message.size() == 4 and message[2] is int and message[3] is String and message[2] == _request:
			_on_done(message[3])
		"lost" when message[2] is String:
			_is_ready = false
			_is_following = false
			_is_lost = true
			_under_way = []
			tree_lost.emit(message[2])


func _on_tree(nodes: Array) -> void:
	if _mirror == null:
		var catalogue := _Catalogue.new()
		catalogue.classes = types
		catalogue.scenes = scenes
		catalogue.properties = properties
		_mirror = _Mirror.new(target if target != null else get_parent(), catalogue)
		_differences = _Differences.new(_mirror)
	_mirror.replace(nodes, _is_refused)
	_is_refused = false
	_is_ready = true
	if not _under_way.is_empty():
		# Whether it has been done already, the cluster knows by its number.
		_peer.send_tree(["change", _id, _request, _under_way])
	tree_ready.emit()


func _on_done(error: String) -> void:
	_under_way = []
	if error.is_empty():
		_mirror.settle()
		return
	_mirror.refuse()
	_is_refused = true
	_is_ready = false
	_follow()
	change_refused.emit(error)
