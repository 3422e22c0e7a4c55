extends RefCounted
## What the game has changed in a mirrored subtree, as one transaction. Costs as much as was changed, and a bounded
## number of comparisons of properties.

const _Catalogue := preload("catalogue.gd")
const _Mirror := preload("mirror.gd")
const _Mirrored := preload("mirrored.gd").Mirrored

# Of one transaction; the rest follows in the next.
const _OPERATIONS_MAX := 64
const _VALUES_MAX := 256
const _BYTES_MAX := 1 << 18

var _mirror: _Mirror
var _turn: Array[_Mirrored] = []
var _operations := []
var _values := 0
var _bytes := 0
var _has_warned := false
# Where things are once the operations so far are done.
var _parents: Dictionary[_Mirrored, String] = {}
var _names: Dictionary[_Mirrored, String] = {}


func _init(mirror: _Mirror) -> void:
	_mirror = mirror


## The next transaction; empty if there is nothing to say. It counts as sent.
func take(compares_max: int) -> Array:
	_operations = []
	_values = 0
	_bytes = 0
	_parents.clear()
	_names.clear()
	_look_at_structure()
	_look_at_properties(compares_max)
	return _operations


func _look_at_structure() -> void:
	if _mirror.dirty.is_empty():
		return
	var come: Array = [] # [parent, node]
	var moved: Array[_Mirrored] = []
	var gone: Array[_Mirrored] = []
	var again: Dictionary[_Mirrored, bool] = {}
	for parent: _Mirrored in _mirror.dirty:
		if not parent.is_alive() or parent != _mirror.root and not _mirror.root.node.is_ancestor_of(parent.node):
			continue
		for node in parent.node.get_children():
			if not _mirror.by_node.has(node.get_instance_id()):
				if _mirror.is_ours(node):
					come.append([parent, node])
				continue
			var child := _mirror.by_node[node.get_instance_id()]
			if child.parent != parent or child.name != String(node.name):
				moved.append(child)
		for child: _Mirrored in parent.children.values():
			if not child.is_alive() or not _mirror.root.node.is_ancestor_of(child.node):
				gone.append(child)
	_mirror.dirty.clear()
	# What goes makes room for names; but first what is to stay moves out of it.
	var last: Array[_Mirrored] = []
	for child in gone:
		if moved.any(func(other: _Mirrored) -> bool: return child.contains(other)):
			last.append(child)
		else:
			_remove(child, again)
	for child in moved:
		if _is_full():
			again[child.parent] = true
			again[_mirror.by_node[child.node.get_parent().get_instance_id()]] = true
			continue
		_name_properly(child.node)
		var above := _path_of_node(child.node.get_parent())
		_operations.append(["move", _path(child), above, String(child.node.name)])
		_parents[child] = above
		_names[child] = child.node.name
		child.is_moving = true
	for child in last:
		_remove(child, again)
	for entry: Array in come:
		_spawn(entry[0], _path(entry[0]), entry[1], again)
	for parent: _Mirrored in again:
		_mirror.dirty[parent] = true


func _remove(child: _Mirrored, again: Dictionary[_Mirrored, bool]) -> void:
	if _is_full():
		again[child.parent] = true
	else:
		_operations.append(["remove", _path(child)])


# With all that is below it.
func _spawn(top: _Mirrored, above: String, node: Node, again: Dictionary[_Mirrored, bool]) -> void:
	if _is_full():
		# What is below a node that is sent now is found when that has come back.
		again[top] = true
		return
	_name_properly(node)
	var path := String(node.name) if above == "." else above + "/" + node.name
	var values := _mirror.catalogue.values_of(node)
	var told := {}
	for property: StringName in values:
		var is_default := _Catalogue.is_equal(values[property], ClassDB.class_get_property_default_value(node.get_class(), property))
		if not is_default and _take(node, property, values[property]):
			told[String(property)] = values[property]
	var type := _mirror.catalogue.type_of(node)
	_operations.append(["spawn", above, String(node.name), type, told])
	_mirror.spawning[path] = [node, values, type, told]
	for child in node.get_children():
		if _mirror.is_ours(child) and not _mirror.by_node.has(child.get_instance_id()):
			_spawn(top, path, child, again)


# What the engine calls nodes that need a name is no name elsewhere.
func _name_properly(node: Node) -> void:
	if "@" in node.name:
		node.name = node.get_class()


func _look_at_properties(compares_max: int) -> void:
	if _turn.is_empty():
		_turn = _mirror.root.all()
		_turn.reverse()
	while compares_max > 0 and not _turn.is_empty() and not _is_full():
		var mirrored: _Mirrored = _turn.pop_back()
		if not mirrored.is_alive() or mirrored.parent == null and mirrored != _mirror.root or not mirrored.node.is_inside_tree():
			continue
		var changed := {}
		for property: StringName in mirrored.values:
			compares_max -= 1
			var value: Variant = mirrored.node.get(property)
			if _Catalogue.is_equal(value, mirrored.values[property]):
				continue
			value = _Catalogue.copy(value)
			if _take(mirrored.node, property, value):
				changed[String(property)] = value
				mirrored.sent[property] = value
			else:
				mirrored.values[property] = value
		if not changed.is_empty():
			_operations.append(["set", _path(mirrored), changed])


# False if it cannot be sent at all.
func _take(node: Node, property: StringName, value: Variant) -> bool:
	if _Catalogue.is_sendable(value):
		_values += 1
		_bytes += var_to_bytes(value).size()
		return true
	if not _has_warned and value != null:
		_has_warned = true
		push_warning("BanyanTree: %s of %s is not sent: it is no plain value, or too large" % [property, node.get_path()])
	return false


func _is_full() -> bool:
	return _operations.size() >= _OPERATIONS_MAX or _values >= _VALUES_MAX or _bytes >= _BYTES_MAX


func _path(mirrored: _Mirrored) -> String:
	if mirrored.parent == null:
		return "."
	var above: String = _parents.get(mirrored, "") if _parents.has(mirrored) else _path(mirrored.parent)
	var name: String = _names.get(mirrored, mirrored.name)
	return name if above == "." else above + "/" + name


func _path_of_node(node: Node) -> String:
	return _path(_mirror.by_node[node.get_instance_id()])
