extends RefCounted
## What a [BanyanTree] makes and which properties it looks at. Nothing that comes from the network is a script, a
## resource or a scene: it can only name what the game has allowed.

# Never set from outside, whatever a class calls its own.
const _FORBIDDEN: Array[StringName] = [&"script", &"name", &"owner", &"multiplayer", &"scene_file_path"]
## Of one value.
const BYTES_MAX := 1 << 17
const _ITEMS_MAX := 1024
const _DEPTH_MAX := 24
const _UNSENDABLE: Array[int] = [TYPE_OBJECT, TYPE_RID, TYPE_CALLABLE, TYPE_SIGNAL]

## Classes that may be made.
var classes: PackedStringArray
## Scenes that may be made.
var scenes: PackedStringArray
## Properties to watch; all that are stored, if there are none.
var properties: PackedStringArray

var _scenes: Dictionary[String, PackedScene] = {}
var _known: Dictionary[String, Dictionary] = {} # of a class and script: property to type
var _watched: Dictionary[String, Array] = {}


## A node of a type as it comes from the network: a class, or a scene. What is not allowed becomes the nearest class
## above that is, and a [Node] at last.
func make(type: String) -> Node:
	if type in scenes:
		if not _scenes.has(type):
			_scenes[type] = load(type) as PackedScene
		if _scenes[type] != null:
			return _scenes[type].instantiate()
	while ClassDB.class_exists(type):
		if type in classes and ClassDB.can_instantiate(type) and ClassDB.is_parent_class(type, &"Node"):
			return ClassDB.instantiate(type)
		type = ClassDB.get_parent_class(type)
	return Node.new()


## The type of a node for the network.
func type_of(node: Node) -> String:
	return node.scene_file_path if node.scene_file_path in scenes else node.get_class()


## True if a node came with the scene of a node above it.
func is_part_of_scene(node: Node) -> bool:
	return node.owner != null and node.owner != node and node.owner.scene_file_path in scenes


## Sets a property, if there is such a one and the value is for it.
func try_set(node: Node, property: StringName, value: Variant) -> bool:
	_learn(node)
	var type: int = _known[_kind(node)].get(property, -1)
	if type < 0 or property in _FORBIDDEN or typeof(value) in _UNSENDABLE or type in _UNSENDABLE:
		return false
	var is_number := typeof(value) in [TYPE_INT, TYPE_FLOAT] and type in [TYPE_INT, TYPE_FLOAT]
	var is_text := typeof(value) in [TYPE_STRING, TYPE_STRING_NAME, TYPE_NODE_PATH] and type in [TYPE_STRING, TYPE_STRING_NAME, TYPE_NODE_PATH]
	if type != TYPE_NIL and type != typeof(value) and not is_number and not is_text:
		return false
	node.set(property, value)
	return true


## The properties of a node that are looked at.
func watched(node: Node) -> Array:
	_learn(node)
	return _watched[_kind(node)]


## Its values, as they are now.
func values_of(node: Node) -> Dictionary[StringName, Variant]:
	var values: Dictionary[StringName, Variant] = {}
	for property: StringName in watched(node):
		values[property] = copy(node.get(property))
	return values


## True if a gateway takes the value. One that it does not take would end the session.
static func is_sendable(value: Variant, depth := 0) -> bool:
	if typeof(value) in _UNSENDABLE or value == null or depth > _DEPTH_MAX:
		return false
	if typeof(value) < TYPE_DICTIONARY:
		return depth > 0 or var_to_bytes(value).size() <= BYTES_MAX
	if value.size() > _ITEMS_MAX:
		return false
	if value is Array:
		return value.all(func(item: Variant) -> bool: return is_sendable(item, depth + 1)) and (depth > 0 or var_to_bytes(value).size() <= BYTES_MAX)
	if value is Dictionary:
		return is_sendable(value.keys(), depth + 1) and is_sendable(value.values(), depth + 1) and (depth > 0 or var_to_bytes(value).size() <= BYTES_MAX)
	return true


## A value that does not change when the node's does.
static func copy(value: Variant) -> Variant:
	return value.duplicate(true) if value is Array or value is Dictionary else value


static func is_equal(a: Variant, b: Variant) -> bool:
	return typeof(a) == typeof(b) and a == b


func _learn(node: Node) -> void:
	var kind := _kind(node)
	if _known.has(kind):
		return
	var known := {}
	var stored := []
	for property in node.get_property_list():
		if property.usage & (PROPERTY_USAGE_STORAGE | PROPERTY_USAGE_EDITOR) == 0:
			continue
		known[StringName(property.name)] = property.type
		var wanted: bool = property.usage & PROPERTY_USAGE_STORAGE != 0 if properties.is_empty() else property.name in properties
		if wanted and property.type not in _UNSENDABLE and StringName(property.name) not in _FORBIDDEN:
			stored.append(StringName(property.name))
	_known[kind] = known
	_watched[kind] = stored


static func _kind(node: Node) -> String:
	var script := node.get_script() as Script
	return node.get_class() if script == null else "%s:%d" % [node.get_class(), script.get_instance_id()]
