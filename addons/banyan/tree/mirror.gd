extends RefCounted
## The subtree as the cluster has it, and the nodes that show it. What comes from the cluster is done here; signals tell
## where the game has changed something itself.

const _Catalogue := preload("catalogue.gd")
const _Mirrored := preload("mirrored.gd").Mirrored

## Nodes of this group, and what is below them, are the game's own: nobody hears of them.
const LOCAL := &"banyan_local"

var catalogue: _Catalogue
var root: _Mirrored
## Nodes that belong to the cluster, by their instance ids.
var by_node: Dictionary[int, _Mirrored] = {}
## Those that the game has changed: below them something has come, gone or has another name.
var dirty: Dictionary[_Mirrored, bool] = {}
## Nodes that were sent and have not come back, by their paths: [node, values, type, values as they were sent].
var spawning: Dictionary[String, Array] = {}

var _own: Dictionary[int, bool] = {} # that were here before, by their instance ids
var _is_applying := false


func _init(target: Node, its_catalogue: _Catalogue) -> void:
	catalogue = its_catalogue
	root = _Mirrored.new(".", target)
	_bind(root)
	for node in target.find_children("*", "", true, false):
		_own[node.get_instance_id()] = true


## Lets go of all nodes.
func release() -> void:
	for mirrored in root.all():
		_unbind(mirrored)
		mirrored.parent = null
		mirrored.children.clear()


## True if the cluster is to hear of a node.
func is_ours(node: Node) -> bool:
	return not node.is_in_group(LOCAL) and not _own.has(node.get_instance_id()) and not catalogue.is_part_of_scene(node)


## The whole subtree has come: nodes that it does not have go. What the game has changed and nobody has heard of stays,
## or is taken back.
func replace(nodes: Array, takes_back: bool) -> void:
	_is_applying = true
	var there: Dictionary[String, bool] = { ".": true }
	for entry: Variant in nodes:
		if _is_shaped(entry, [TYPE_STRING, TYPE_STRING, TYPE_DICTIONARY]):
			there[String(entry[0])] = true
	for mirrored in root.all():
		if mirrored.parent != null and not there.has(mirrored.path()):
			_remove(mirrored)
	for entry: Variant in nodes:
		if not _is_shaped(entry, [TYPE_STRING, TYPE_STRING, TYPE_DICTIONARY]):
			continue
		var path := String(entry[0])
		var mirrored := root.find(path)
		if mirrored != null and mirrored != root and not _is_same(mirrored, entry[1], entry[2]):
			_remove(mirrored)
			mirrored = null
		if mirrored == null:
			var slash := path.rfind("/")
			_spawn("." if slash < 0 else path.substr(0, slash), path.substr(slash + 1), entry[1], entry[2])
			continue
		if takes_back:
			_take_back(mirrored, entry[1])
			_assign(mirrored, entry[2])
		else:
			_assign(mirrored, _news(mirrored, entry[2]))
	_is_applying = false


## A transaction has been committed.
func apply(operations: Array) -> void:
	_is_applying = true
	for operation: Variant in operations:
		if operation is not Array or operation.is_empty() or operation[0] is not String:
			continue
		match operation[0]:
			"spawn" when _is_shaped(operation, [TYPE_STRING, TYPE_STRING, TYPE_STRING, TYPE_STRING, TYPE_DICTIONARY]):
				_spawn(operation[1], operation[2], operation[3], operation[4])
			"remove" when _is_shaped(operation, [TYPE_STRING, TYPE_STRING]):
				var mirrored := root.find(operation[1])
				if mirrored != null and mirrored != root:
					_remove(mirrored)
			"set" when _is_shaped(operation, [TYPE_STRING, TYPE_STRING, TYPE_DICTIONARY]):
				var mirrored := root.find(operation[1])
				if mirrored != null:
					_assign(mirrored, operation[2])
			"move" when _is_shaped(operation, [TYPE_STRING, TYPE_STRING, TYPE_STRING, TYPE_STRING]):
				_move(root.find(operation[1]), root.find(operation[2]), operation[3])
	_is_applying = false


## What was sent is not to be. The rest goes back when the whole subtree comes.
func refuse() -> void:
	_is_applying = true
	for entry: Array in spawning.values():
		if is_instance_valid(entry[0]):
			_free(entry[0])
	_is_applying = false
	spawning.clear()


## What was sent is done.
func settle() -> void:
	spawning.clear()
	for mirrored: _Mirrored in by_node.values():
		mirrored.values.merge(mirrored.sent, true)
		mirrored.sent.clear()
		mirrored.is_moving = false


func _spawn(parent_path: String, name: String, type: String, values: Dictionary) -> void:
	var parent := root.find(parent_path)
	if parent == null or name.is_empty() or name.validate_node_name() != name:
		return
	if parent.children.has(name):
		_assign(parent.children[name], values)
		return
	var path := name if parent == root else parent.path() + "/" + name
	var mirrored := _Mirrored.new(name, null)
	mirrored.attach(parent, name)
	mirrored.type = type
	if spawning.has(path) and spawning[path][2] == type and _holds(values, spawning[path][3]):
		# It stands here already, or was taken away again in the meantime.
		mirrored.node = spawning[path][0] if is_instance_valid(spawning[path][0]) else null
		mirrored.values = spawning[path][1]
		_tell(mirrored, values)
		spawning.erase(path)
		if mirrored.node == null:
			dirty[parent] = true
			return
		_bind(mirrored)
		dirty[mirrored] = true
		dirty[parent] = true
		# What the cluster knows of a scene besides.
		_assign(mirrored, _news(mirrored, values))
		return
	mirrored.node = _show(parent, name, type)
	if mirrored.node == null:
		return
	_bind(mirrored)
	_assign(mirrored, values)
	for child in mirrored.node.get_children():
		# What comes with a scene.
		if not by_node.has(child.get_instance_id()):
			dirty[mirrored] = true


# A node for what the cluster has: the one that is there, or a new one.
func _show(parent: _Mirrored, name: String, type: String) -> Node:
	if not parent.is_alive():
		return null
	var there := parent.node.get_node_or_null(NodePath(name))
	if there != null and not by_node.has(there.get_instance_id()):
		if not is_ours(there):
			_own.erase(there.get_instance_id())
			return there
		# Of the same name, but not known to the cluster yet.
		_make_room(parent, there)
	var node := catalogue.make(type)
	node.name = name
	parent.node.add_child(node)
	return node


func _remove(mirrored: _Mirrored) -> void:
	var node := mirrored.node if mirrored.is_alive() else null
	var all := mirrored.all()
	mirrored.detach()
	for gone in all:
		_unbind(gone)
		gone.parent = null
		gone.children.clear()
	for gone in all:
		# What the game has taken out, it may have a use for; what it has only moved away goes as well.
		if gone != mirrored and gone.is_alive() and root.node.is_ancestor_of(gone.node) and not (node != null and node.is_ancestor_of(gone.node)):
			_leave_to_cluster(gone.node)
			_free(gone.node)
	if node != null and root.node.is_ancestor_of(node):
		_leave_to_cluster(node)
		_free(node)


# What the game has moved below a node that goes, goes back to where the cluster has it.
func _leave_to_cluster(node: Node) -> void:
	for below in node.find_children("*", "", true, false):
		if by_node.has(below.get_instance_id()) and node.is_ancestor_of(below):
			_place(by_node[below.get_instance_id()])


func _move(mirrored: _Mirrored, parent: _Mirrored, name: String) -> void:
	if mirrored == null or parent == null or mirrored == root or mirrored.contains(parent) or name.validate_node_name() != name:
		return
	if parent.children.get(name, mirrored) != mirrored:
		return
	mirrored.attach(parent, name)
	if mirrored.is_moving:
		mirrored.is_moving = false
	elif mirrored.is_alive():
		_place(mirrored)
	dirty[parent] = true


# Where the cluster has it.
func _place(mirrored: _Mirrored) -> void:
	if not mirrored.parent.is_alive():
		return
	var above := mirrored.parent.node
	if mirrored.node.is_ancestor_of(above):
		_lift(mirrored)
		if mirrored.node.is_ancestor_of(above):
			return
	if mirrored.node.get_parent() == above and mirrored.node.name == StringName(mirrored.name):
		return
	var there := above.get_node_or_null(NodePath(mirrored.name))
	if there != null and there != mirrored.node:
		_make_room(mirrored.parent, there)
	if mirrored.node.get_parent() == null:
		above.add_child(mirrored.node)
	elif mirrored.node.get_parent() != above:
		mirrored.node.reparent(above, false)
	mirrored.node.name = mirrored.name


# The game has them the other way round: what the cluster has above comes out first, from the top.
func _lift(mirrored: _Mirrored) -> void:
	while mirrored.parent.is_alive() and mirrored.node.is_ancestor_of(mirrored.parent.node):
		var top := mirrored.parent
		while top.parent.is_alive() and mirrored.node.is_ancestor_of(top.parent.node):
			top = top.parent
		if not top.parent.is_alive():
			return
		_place(top)


# The name belongs to another one in the cluster.
func _make_room(parent: _Mirrored, there: Node) -> void:
	there.name = there.name + "_"
	dirty[parent] = true
	if by_node.has(there.get_instance_id()) and by_node[there.get_instance_id()].parent != null:
		dirty[by_node[there.get_instance_id()].parent] = true


# What comes from the cluster is so, except where something newer is under way from here.
func _assign(mirrored: _Mirrored, values: Dictionary) -> void:
	_tell(mirrored, values)
	if not mirrored.is_alive():
		return
	var node := mirrored.node
	var unsent: Dictionary[StringName, bool] = {}
	for property: StringName in mirrored.values:
		if not _Catalogue.is_equal(node.get(property), mirrored.values[property]):
			unsent[property] = true
	var watched := catalogue.watched(node)
	for key: Variant in values:
		if key is not String and key is not StringName:
			continue
		var property := StringName(key)
		if mirrored.sent.has(property):
			# As it was sent: it has come back, and what comes from now on is newer.
			if _Catalogue.is_equal(mirrored.sent[property], values[key]):
				mirrored.values[property] = mirrored.sent[property]
				mirrored.sent.erase(property)
			continue
		if values[key] == null:
			mirrored.told.erase(property)
		if catalogue.try_set(node, property, values[key] if values[key] != null else ClassDB.class_get_property_default_value(node.get_class(), property)):
			unsent.erase(property)
	# Some properties are two views of one thing.
	for property: StringName in watched:
		if not unsent.has(property) and not mirrored.sent.has(property):
			mirrored.values[property] = _Catalogue.copy(node.get(property))


static func _tell(mirrored: _Mirrored, values: Dictionary) -> void:
	for key: Variant in values:
		if key is String or key is StringName:
			mirrored.told[StringName(key)] = true


# What was sent has come back, with what its scene has beside it.
static func _holds(all: Dictionary, some: Dictionary) -> bool:
	return some.keys().all(func(key: String) -> bool: return all.has(key) and _Catalogue.is_equal(all[key], some[key]))


static func _is_same(mirrored: _Mirrored, type: String, values: Dictionary) -> bool:
	return mirrored.type == type and mirrored.told.keys().all(func(property: StringName) -> bool: return values.has(property) or values.has(String(property)))


# Of what the cluster has, what is not so here since it was last heard of.
func _news(mirrored: _Mirrored, values: Dictionary) -> Dictionary:
	var news := {}
	for key: Variant in values:
		if not _Catalogue.is_equal(mirrored.values.get(key), values[key]):
			news[key] = values[key]
	return news


func _take_back(mirrored: _Mirrored, type: String) -> void:
	mirrored.sent.clear()
	mirrored.is_moving = false
	if mirrored == root:
		pass
	elif not mirrored.is_alive() or not root.node.is_ancestor_of(mirrored.node):
		_unbind(mirrored)
		mirrored.values.clear()
		mirrored.node = _show(mirrored.parent, mirrored.name, type)
		_bind(mirrored)
		return
	else:
		_place(mirrored)
	for property: StringName in mirrored.values:
		if not _Catalogue.is_equal(mirrored.node.get(property), mirrored.values[property]):
			mirrored.node.set(property, _Catalogue.copy(mirrored.values[property]))


func _bind(mirrored: _Mirrored) -> void:
	var node := mirrored.node
	if node == null:
		return
	mirrored.node_id = node.get_instance_id()
	by_node[mirrored.node_id] = mirrored
	if mirrored.values.is_empty() and mirrored != root:
		mirrored.values = catalogue.values_of(node)
	node.child_entered_tree.connect(_on_child.bind(mirrored))
	node.child_exiting_tree.connect(_on_child.bind(mirrored))
	if mirrored != root:
		node.renamed.connect(_on_renamed.bind(mirrored))


func _unbind(mirrored: _Mirrored) -> void:
	dirty.erase(mirrored)
	by_node.erase(mirrored.node_id)
	if not is_instance_valid(mirrored.node):
		return
	mirrored.node.child_entered_tree.disconnect(_on_child.bind(mirrored))
	mirrored.node.child_exiting_tree.disconnect(_on_child.bind(mirrored))
	if mirrored != root:
		mirrored.node.renamed.disconnect(_on_renamed.bind(mirrored))


func _free(node: Node) -> void:
	if node.get_parent() != null:
		node.get_parent().remove_child(node)
	node.queue_free()


func _on_child(_child: Node, mirrored: _Mirrored) -> void:
	if not _is_applying:
		dirty[mirrored] = true


func _on_renamed(mirrored: _Mirrored) -> void:
	if not _is_applying and mirrored.parent != null:
		dirty[mirrored.parent] = true


static func _is_shaped(value: Variant, types: Array[int]) -> bool:
	if value is not Array or value.size() != types.size():
		return false
	for i in types.size():
		# Names may come as names.
		if typeof(value[i]) != types[i] and not (types[i] == TYPE_STRING and value[i] is StringName):
			return false
	return true
