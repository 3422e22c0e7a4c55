extends Node3D

var frames := 0
var greeted := false

func _ready():
	multiplayer.connected_to_server.connect(func(): print("CONNECTED ", multiplayer.get_unique_id()))
	multiplayer.peer_connected.connect(func(id): print("PEER ", id))
	multiplayer.peer_disconnected.connect(func(id): print("GONE ", id))
	$Players.child_entered_tree.connect(func(n): print("SPAWNED ", n.name))
	$Players.child_exiting_tree.connect(func(n): print("LEFT ", n.name))
	var peer := WebSocketMultiplayerPeer.new()
	var args := OS.get_cmdline_user_args()
	var error := peer.create_client(args[0])
	print("CREATE ", error)
	if args.size() > 1:
		var scene_multiplayer := multiplayer as SceneMultiplayer
		scene_multiplayer.auth_callback = func(_id, _bytes): pass
		scene_multiplayer.peer_authenticating.connect(func(id):
			scene_multiplayer.send_auth(id, args[1].to_utf8_buffer())
			scene_multiplayer.complete_auth(id))
		scene_multiplayer.peer_authentication_failed.connect(func(id): print("AUTH FAILED ", id))
	multiplayer.multiplayer_peer = peer

@rpc("any_peer")
func greet(text):
	print("GREETED by ", multiplayer.get_remote_sender_id(), ": ", text)

@rpc("authority")
func start():
	pass

func _process(_delta):
	frames += 1
	if multiplayer.multiplayer_peer.get_connection_status() != MultiplayerPeer.CONNECTION_CONNECTED:
		return
	var mine = $Players.get_node_or_null(str(multiplayer.get_unique_id()))
	if mine == null:
		return
	mine.position = Vector3(frames, 2, 3)
	if frames % 60 == 0:
		mine.title = "frame %d" % frames
		var drop = preload("res://drop.tscn").instantiate()
		drop.count = frames
		mine.get_node("Drops").add_child(drop, true)
	if not greeted and multiplayer.get_peers().size() > 1:
		greeted = true
		greet.rpc("hello")
	if frames % 120 == 0:
		for p in $Players.get_children():
			var drops = []
			for d in p.get_node("Drops").get_children():
				drops.append("%s=%s" % [d.name, d.count])
			print("SEE ", p.name, " at ", p.position, " ", p.title, " ", drops)
