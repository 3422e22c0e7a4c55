extends Node3D
## A thing that can be carried.
##
## Two synchronizers: State is the cluster's (peer 1), Pose is the one's who had it last. The order matters: State comes
## first in the scene, so that a late joiner knows the keeper before Pose begins.

## Somebody holds it now, or nobody (0).
signal held(peer: int)

const _Smooth := preload("res://smooth.gd")
const _FLOOR := 0.15 # where its middle is when it lies there

## How it looks; comes with the spawn and stays.
var tint := Color.WHITE:
	set(color):
		tint = color
		var material := StandardMaterial3D.new()
		material.albedo_color = color
		$Shape.material_override = material

## The peer that says where it is: who took it last, until somebody else does. 1 if that one is gone.
var keeper := 1:
	set(peer):
		keeper = peer
		if _fall != null and not is_mine():
			_fall.kill()
		$Pose.set_multiplayer_authority(peer)

## The peer in whose hand it is; 0 if it lies there.
var held_by := 0:
	set(peer):
		var was := held_by
		held_by = peer
		if peer != was:
			held.emit(peer)

## Where it was put down last: the place that outlives its keeper.
var rest := Transform3D.IDENTITY:
	set(at):
		rest = at
		if keeper == 1:
			transform = at

var _hand: Node3D # here: that it follows once it may
var _player: Node3D
var _fall: Tween


func _ready() -> void:
	_Smooth.follow($Pose)


func _process(_delta: float) -> void:
	if _hand != null and held_by == multiplayer.get_unique_id():
		global_transform = _hand.global_transform


## Whether the one who plays here says where it is.
func is_mine() -> bool:
	return is_inside_tree() and keeper == multiplayer.get_unique_id()


## Asks the cluster for it. If it agrees, keeper and held_by come, and it follows the hand.
func take(hand: Node3D, player: Node3D) -> void:
	_hand = hand
	_player = player
	grab.rpc_id(1)


## Lets it fall. The keeper shows how; where it will lie is for the cluster to keep.
func put_down() -> void:
	var at := transform
	at.origin.y = _FLOOR
	if held_by == multiplayer.get_unique_id():
		_fall = create_tween()
		_fall.tween_property(self, "transform", at, 0.3).set_trans(Tween.TRANS_QUAD).set_ease(Tween.EASE_IN)
		release.rpc_id(1, at)
	_forget_hand()


@rpc("any_peer", "call_remote", "reliable")
func grab() -> void:
	pass # the cluster's: code/PlazaGame.cs


@rpc("any_peer", "call_remote", "reliable")
func release(_at: Transform3D) -> void:
	pass # the cluster's


## The cluster says: somebody else was first.
@rpc("authority", "call_remote", "reliable")
func refused(by: int) -> void:
	_forget_hand()
	get_tree().current_scene.say("%s is in the hand of %d." % [name, by])


func _forget_hand() -> void:
	_hand = null
	if _player != null:
		_player.prop = null
	_player = null
