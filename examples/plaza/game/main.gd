extends Node3D
## Connects to the cluster. What is on the plaza, who comes and who goes, the cluster tells by itself.
##
## After "--" on the command line: gateways ("ws://HOST:PORT/godot"; without any, the project setting banyan/gateways),
## "--stock" for Godot's own peer, "--demo" for a player that plays by itself and prints what it sees.

const _ADDON := "res://addons/banyan/banyan_multiplayer_peer.gd"
const _HELP := "WASD and mouse. E or click: take, put down. F: door. Esc: free the mouse."

var is_demo := false


func _ready() -> void:
	var gateways := PackedStringArray()
	var is_stock := not ResourceLoader.exists(_ADDON)
	for argument in OS.get_cmdline_user_args():
		match argument:
			"--stock":
				is_stock = true
			"--demo":
				is_demo = true
			_:
				gateways.append(argument)
	if gateways.is_empty():
		gateways = ProjectSettings.get_setting("banyan/gateways")
	multiplayer.connected_to_server.connect(func() -> void: say("You are %d." % multiplayer.get_unique_id()))
	multiplayer.connection_failed.connect(func() -> void: say("No connection."))
	multiplayer.server_disconnected.connect(func() -> void: say("Disconnected."))
	multiplayer.multiplayer_peer = _stock(gateways[0]) if is_stock else _banyan(gateways)


## Shows a line below the help.
func say(text: String) -> void:
	$Hud/Text.text = "%s\n%s" % [_HELP, text]
	if is_demo:
		print("SAY ", text)


# With the engine's own peer a game is as connected as its gateway lives.
func _stock(gateway: String) -> MultiplayerPeer:
	var peer := WebSocketMultiplayerPeer.new()
	peer.create_client(gateway)
	return peer


# Not by its class name, so that the project runs without the addon as well.
func _banyan(gateways: PackedStringArray) -> MultiplayerPeer:
	var peer: MultiplayerPeer = load(_ADDON).connect_to(gateways)
	peer.connect("gateway_lost", func(reason: String) -> void: say("The gateway is lost (%s)." % reason))
	peer.connect("resumed", func(milliseconds: int) -> void: say("On with the next gateway, after %d ms." % milliseconds))
	peer.connect("session_ended", func(reason: String) -> void: say("The session is over: %s." % reason))
	return peer
