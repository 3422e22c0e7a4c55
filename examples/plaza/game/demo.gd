extends Node
## Plays by itself, for tests and to have company: walks to the first prop, takes it when it is free, carries it to the
## door, uses the door, puts it down, and lets the others have it. Prints what it sees.

const _SPEED := 2.5 # metres a second
const _PAUSE := 2.0 # seconds in which others may take it
const _PATIENCE := 1.0 # seconds between two attempts
const _SEE := 0.5 # seconds between two looks at everything

var _pause := 0.0
var _see := 0.0
var _has_used_door := false

@onready var _player: Node3D = get_parent()
@onready var _plaza: Node3D = get_tree().current_scene
@onready var _door: Node3D = _plaza.get_node("Door")


func _ready() -> void:
	print("JOINED ", _player.name)
	_door.moved.connect(func(open: bool) -> void: print("DOOR ", "open" if open else "closed"))
	print("DOOR ", "open" if _door.is_open else "closed")
	_plaza.get_node("Players").child_exiting_tree.connect(func(player: Node) -> void: print("LEFT ", player.name))
	for prop: Node3D in _plaza.get_node("Props").get_children():
		_watch(prop)
	_plaza.get_node("Props").child_entered_tree.connect(_watch)


func _process(delta: float) -> void:
	_look(delta)
	_pause -= delta
	var props := _plaza.get_node("Props").get_children()
	if _pause > 0.0 or props.is_empty():
		return
	var prop: Node3D = props[0]
	if prop.held_by == multiplayer.get_unique_id() and prop == _player.prop:
		_carry(prop, delta)
	elif prop.held_by == 0 and _walk(prop.position, delta):
		# Also the one who is refused comes again.
		_player.take_or_put()
		_pause = _PATIENCE


func _carry(prop: Node3D, delta: float) -> void:
	if not _has_used_door:
		if _walk(_door.position + Vector3(0.6, 0, 1.5), delta):
			_player.use_door()
			_has_used_door = true
	elif _walk(Vector3(0, 0, -2), delta):
		_has_used_door = false
		_pause = _PAUSE
		_player.take_or_put()
		print("PUT ", prop.name)


# True once it is there.
func _walk(to: Vector3, delta: float) -> bool:
	var way := Vector3(to.x, 0, to.z) - _player.position
	if way.length() < 0.5:
		return true
	_player.position += way.normalized() * minf(_SPEED * delta, way.length())
	_player.rotation.y = atan2(-way.x, -way.z)
	_player.get_node("RightHand").position.y = 1.2 + 0.1 * sin(Time.get_ticks_msec() * 0.01)
	return false


func _watch(prop: Node3D) -> void:
	prop.held.connect(func(peer: int) -> void: print("HELD %s by %d" % [prop.name, peer]))


func _look(delta: float) -> void:
	_see -= delta
	if _see > 0.0:
		return
	_see = _SEE
	for player: Node3D in _plaza.get_node("Players").get_children():
		print("PLAYER %s at %.1v, hand %.2v" % [player.name, player.position, player.get_node("RightHand").position])
	for prop: Node3D in _plaza.get_node("Props").get_children():
		print("PROP %s of %d at %.1v" % [prop.name, prop.keeper, prop.position])
